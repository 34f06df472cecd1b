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
        try await EventSite.with(tenants: 1) { site in
            let tenant = site.tenants[0]
            let tx = site.tx(tenant)
            // Stored in a few hundred bytes each, for they are all alike.
            for bytes in [30_000, 30_000, 30_000, 30_000, 150_000, 10, 10, 10] {
                _ = try await tx.rows(
                    """
                    SELECT core.emit(
                        'item.created', \(UUID.version7()),
                        jsonb_build_object('text', repeat('x', \(bytes)::int4))) AS id
                    """)
            }
            let relay = site.relay()
            while try await relay.number() > 0 {}
            let reader = EventReader(
                pipeline: site.databases.pipeline(of: .worker), positions: EventPositions(master: TestPlatform.master),
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

    @Test("What was said more than a minute ago is cleared away, some of it at a time, and nothing of what is newer")
    func clearing() async throws {
        let template = try await TemplateDatabase.name(mode: .privileged)
        try await TestDatabase.with(template: template) { database in
            let databases = try Databases(
                server: database.settings, master: TestPlatform.master, logger: database.server.logger)
            defer { databases.close() }
            let tenant = TenantID.make()
            try await database.asSuperuser { admin in
                for (count, age) in [(EventReader.clearedAtOnce + 3, "61 seconds"), (2, "-1 hour")] {
                    try await admin.run(
                        """
                        INSERT INTO core.ephemeral_events
                            (tenant_id, id, at, type, actor_kind, actor_id, permission, data)
                        SELECT \(tenant), gen_random_uuid(), clock_timestamp() - interval '\(unsafeSQL: age)',
                               'typing', 'm', \(tenant), 'conversations.read', '{}'
                        FROM generate_series(1, \(count)::int8)
                        """)
                }
            }
            let reader = EventReader(
                pipeline: databases.pipeline(of: .worker), positions: EventPositions(master: TestPlatform.master),
                retention: .seconds(86_400), queries: StreamMeter(MetricRegistry()).queries)
            let hasMore = [try await reader.clearWhispers(), try await reader.clearWhispers()]
            #expect(hasMore == [true, false])
            let left = try await database.asSuperuser { admin in
                try await admin.run("SELECT id FROM core.ephemeral_events").count
            }
            #expect(left == 2)
        }
    }
}
