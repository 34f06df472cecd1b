import Foundation
import Migrations
import Observability
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@testable import Events

@Suite("EventReader")
struct EventReaderTests {
    @Test("A page has so many bytes at most but at least one event, as large as it is, and the next goes on behind it")
    func pages() async throws {
        let template = try await TemplateDatabase.name(mode: .privileged)
        try await TestDatabase.with(template: template) { database in
            let logger = database.server.logger
            let databases = try Databases(server: database.settings, master: TestPlatform.master, logger: logger)
            defer { databases.close() }
            let tenant = TenantID.make()
            try await database.asSuperuser { admin in
                try await admin.run("INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), 't', 'T')")
                let types: JSONValue = [["type": "item.created", "version": 1]]
                try await admin.run("SELECT core.declare_events('knowledge', \(types), '[]'::jsonb, true)")
            }
            let module = try #require(ModuleName("knowledge"))
            let session = TenantSession(
                verified: tenant, actor: Actor(kind: .member, id: .make(), role: "admin"))
            let tx = databases.database(of: module).open(session, mode: .write)
            // Stored in a few hundred bytes each, for they are all alike.
            for bytes in [30_000, 30_000, 30_000, 30_000, 150_000, 10, 10, 10] {
                _ = try await tx.rows(
                    """
                    SELECT core.emit(
                        'item.created', \(UUID.version7()),
                        jsonb_build_object('text', repeat('x', \(bytes)::int4))) AS id
                    """)
            }
            let worker = databases.pipeline(of: .worker)
            let relay = EventRelay(pipeline: worker, logger: logger)
            while try await relay.number() > 0 {}
            let reader = EventReader(
                pipeline: worker, positions: EventPositions(master: TestPlatform.master),
                retention: .seconds(86_400), queries: StreamMeter(MetricRegistry()).queries)
            var pages: [[Int64]] = []
            while true {
                let page = try await reader.page(of: tenant, after: pages.last?.last ?? 0, upTo: 1 << 16)
                guard !page.isEmpty else { break }
                pages.append(page.map(\.seq))
            }
            // The first is that of the tenant itself.
            #expect(pages == [[1, 2, 3], [4, 5], [6], [7, 8, 9]])
            #expect(try await reader.page(of: tenant, after: 0).map(\.seq) == Array(1...9))
        }
    }
}
