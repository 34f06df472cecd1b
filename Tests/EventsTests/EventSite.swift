import Foundation
import Migrations
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@testable import Events

/// A migrated database with a few tenants, in which things happen. Of each tenant it is told that it was made.
struct EventSite: Sendable {
    let database: TestDatabase
    let databases: Databases
    let tenants: [TenantID]
    private let module: ModuleName

    /// Runs a test with so many tenants.
    static func with<Value: Sendable>(
        tenants count: Int = 2, _ body: @Sendable (EventSite) async throws -> Value
    ) async throws -> Value {
        let template = try await TemplateDatabase.name(mode: .privileged)
        return try await TestDatabase.with(template: template) { database in
            let databases = try Databases(
                server: database.settings, master: TestPlatform.master, statementTimeout: TestPlatform.statementTimeout,
                logger: database.server.logger)
            defer { databases.close() }
            let tenants = (0..<count).map { _ in TenantID.make() }
            try await database.asSuperuser { admin in
                for tenant in tenants {
                    try await admin.run(
                        "INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), \(tenant.description), 'T')")
                }
                let types: JSONValue = [["type": "item.created", "version": 1]]
                try await admin.run("SELECT core.declare_events('knowledge', \(types), '[]'::jsonb, true)")
            }
            let module = try #require(ModuleName("knowledge"))
            return try await body(
                EventSite(database: database, databases: databases, tenants: tenants, module: module))
        }
    }

    /// What numbers events in a process.
    func relay(_ horizon: EventHorizon = EventHorizon()) -> EventRelay {
        EventRelay(pipeline: databases.pipeline(of: .worker), horizon: horizon, logger: database.server.logger)
    }

    /// A tenant's data, as a member of it has it.
    func tx(_ tenant: TenantID) -> TenantTx {
        let actor = Actor(kind: .member, id: .make(), role: "admin")
        return databases.database(of: module).open(TenantSession(verified: tenant, actor: actor), mode: .write)
    }

    /// Tells of something in a transaction of its own.
    func tell(_ tenant: TenantID) async throws {
        _ = try await tx(tenant).rows("SELECT core.emit('item.created', \(UUID.version7()), '{}'::jsonb) AS id")
    }

    /// The numbers of a tenant's events in the order in which they were told; 0 for those that have none.
    func numbers(of tenant: TenantID) async throws -> [Int] {
        try await database.asSuperuser { admin in
            let result = try await admin.run(
                "SELECT COALESCE(seq, 0) AS seq FROM core.events WHERE tenant_id = \(tenant) ORDER BY at, id")
            return try result.rows.map { try $0.get("seq", as: Int.self) }
        }
    }

    /// Lets a relay number what there is, also what only some of its looks see.
    func numberAll(_ relay: EventRelay) async throws {
        let isDone = try await eventually {
            try await relay.number()
            return try await database.asSuperuser { admin in
                try await admin.run("SELECT FROM core.events WHERE seq IS NULL LIMIT 1").isEmpty
            }
        }
        #expect(isDone)
    }
}
