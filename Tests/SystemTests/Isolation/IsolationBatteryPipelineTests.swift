import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Many tenants on one connection: nobody gets another's rows, whatever fails, goes away or is smuggled in.
@Suite("IsolationBattery: pipeline")
struct IsolationBatteryPipelineTests {
    /// Statements that would outlive their request.
    static let smuggled: [SQL] = [
        "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "PREPARE x AS SELECT 1", "EXECUTE x", "DEALLOCATE ALL",
        "SET statement_timeout = 0", "RESET ALL", "DISCARD ALL", "LISTEN x", "SAVEPOINT x",
        "DECLARE c CURSOR FOR SELECT 1",
        "COPY conversations.conversations TO STDOUT", "EXPLAIN SELECT 1", "DO $$ BEGIN END $$", "CALL x()",
        "\(unsafeSQL: "SELECT 1 AS one")",
    ]

    @Test("The shared pipeline refuses whatever could outlive its request", arguments: smuggled)
    func smugglingIsRefused(statement: SQL) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("smuggler")
            let tx = try IsolationBatteryDatabaseRoleTests.open("conversations", tenant, test)
            await #expect(throws: DatabaseError.self) { _ = try await tx.rows(statement) }
            let answer = try await tx.rows("SELECT core.tenant_id() AS tenant")
            #expect(try answer.first?.get("tenant", as: TenantID.self) == tenant.id)
        }
    }

    @Test("Each of many interleaved tenants sees itself and nobody else, beside failures and callers who leave")
    func interleavedTenantsStayApart() async throws {
        try await TestPlatform.with { test in
            var tenants: [TestTenant] = []
            for number in 1...8 { tenants.append(try await test.tenant("tenant-\(number)")) }
            for tenant in tenants {
                let tx = try IsolationBatteryDatabaseRoleTests.open("knowledge", tenant, test)
                try await tx.execute(
                    """
                    INSERT INTO knowledge.knowledge_items (tenant_id, id, title, body)
                    VALUES (\(tenant.id), \(ID<Void>.make()), \(tenant.slug), 'x')
                    """)
            }
            let seen = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<2000 {
                    let tenant = tenants[number % tenants.count]
                    group.addTask { try await Self.request(number, tenant, test) }
                }
                return try await group.reduce(0, +)
            }
            #expect(seen > 1000)
        }
    }

    /// One request of one kind; 1 when it saw its own row and nothing else.
    private static func request(_ number: Int, _ tenant: TestTenant, _ test: TestPlatform) async throws -> Int {
        let module = try #require(ModuleName("knowledge"))
        let tx = test.platform.databases.database(of: module).open(
            tenant.session, mode: number % 3 == 0 ? .write : .read)
        switch number % 10 {
        case 7:
            await #expect(throws: (any Error).self) {
                _ = try await tx.rows("SELECT 1 / (\(number) - \(number)) AS fails")
            }
            return 0
        case 8:
            let task = Task {
                _ = try await tx.rows("SELECT title FROM knowledge.knowledge_items WHERE tenant_id = \(tenant.id)")
            }
            task.cancel()
            _ = await task.result
            return 0
        default:
            let result = try await tx.rows("SELECT title, \(number) AS number FROM knowledge.knowledge_items")
            #expect(result.count == 1)
            #expect(try result.first?.get("title", as: String.self) == tenant.slug)
            #expect(try result.first?.get("number", as: Int.self) == number)
            return 1
        }
    }

    @Test("What a holder leaves on a leased connection does not reach the next tenant")
    func leasesAreCleaned() async throws {
        try await TestPlatform.with { test in
            let seed = try await IsolationSeed.plant(test)
            for trap in [
                "PREPARE trap AS SELECT 1",
                "DECLARE trap CURSOR WITH HOLD FOR SELECT subject FROM conversations.conversations",
                "SET search_path = pg_temp", "LISTEN trap",
            ] {
                let hostile = try IsolationBatteryDatabaseRoleTests.open("conversations", seed.a, test)
                _ = try await hostile.leased { try await $0.rows("\(unsafeSQL: trap)") }
            }
            let next = try IsolationBatteryDatabaseRoleTests.open("conversations", seed.b, test)
            let left = try await next.leased { tx in
                try await tx.rows(
                    """
                    SELECT (SELECT count(*) FROM pg_catalog.pg_prepared_statements) AS statements,
                           (SELECT count(*) FROM pg_catalog.pg_cursors WHERE is_holdable) AS cursors,
                           (SELECT count(*) FROM pg_catalog.pg_listening_channels()) AS channels,
                           current_setting('search_path') AS path
                    """)
            }
            let row = try #require(left.first)
            #expect(try row.get("statements", as: Int.self) == 0)
            #expect(try row.get("cursors", as: Int.self) == 0)
            #expect(try row.get("channels", as: Int.self) == 0)
            #expect(try row.get("path", as: String.self) == "pg_catalog")
        }
    }
}
