import Events
import Foundation
import Logging
import Migrations
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("EventRelay")
struct EventRelayTests {
    @Test("Numbers are dense for each tenant while many commit at once and two relays are at it")
    func dense() async throws {
        let template = try await TemplateDatabase.name(mode: .privileged)
        try await TestDatabase.with(template: template) { database in
            let logger = database.server.logger
            let databases = try Databases(server: database.settings, master: TestPlatform.master, logger: logger)
            defer { databases.close() }
            let tenants = [TenantID.make(), TenantID.make()]
            try await database.asSuperuser { admin in
                for tenant in tenants {
                    try await admin.run(
                        "INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), \(tenant.description), 'T')")
                }
                let types: JSONValue = [["type": "item.created", "version": 1]]
                try await admin.run("SELECT core.declare_events('knowledge', \(types), '[]'::jsonb, true)")
            }
            let module = try #require(ModuleName("knowledge"))
            let relay = EventRelay(pipeline: databases.pipeline(of: .worker), logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    let session = TenantSession(
                        verified: tenants[writer % 2], actor: Actor(kind: .member, id: .make(), role: "admin"))
                    group.addTask {
                        let tx = databases.database(of: module).open(session, mode: .write)
                        for _ in 0..<50 {
                            _ = try await tx.rows(
                                "SELECT core.emit('item.created', \(UUID.version7()), '{}'::jsonb) AS id")
                        }
                    }
                }
                for _ in 0..<2 {
                    group.addTask { for _ in 0..<100 { try await relay.number() } }
                }
                try await group.waitForAll()
            }
            while try await relay.number() > 0 {}
            try await database.asSuperuser { admin in
                for tenant in tenants {
                    let result = try await admin.run(
                        "SELECT seq FROM core.events WHERE tenant_id = \(tenant) ORDER BY seq")
                    let numbers = try result.rows.map { try $0.get("seq", as: Int.self) }
                    // The first is that of the tenant itself.
                    #expect(numbers == Array(1...201))
                }
            }
        }
    }
}
