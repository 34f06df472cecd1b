import Migrations
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What hostile SQL of a module's role can do to another tenant: nothing. Generated from the catalogue.
@Suite("IsolationBattery: database role")
struct IsolationBatteryDatabaseRoleTests {
    /// A statement that tenant B runs against tenant A's rows of one table. `$table`, `$tenantA`, `$column` are filled in.
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let sql: String

        var testDescription: String { name }
    }

    static let attacks = [
        Attack(name: "select", sql: "SELECT count(*) AS touched FROM $table WHERE tenant_id = '$tenantA'"),
        Attack(
            name: "select without a condition",
            sql: "SELECT count(*) AS touched FROM $table WHERE tenant_id <> '$tenantB'"),
        Attack(
            name: "select for update", sql: "SELECT 1 AS touched FROM $table WHERE tenant_id = '$tenantA' FOR UPDATE"),
        Attack(
            name: "leaky condition",
            sql:
                "SELECT count(*) AS touched FROM $table WHERE 1 / (CASE WHEN tenant_id = '$tenantA' THEN 0 ELSE 1 END) = 2"
        ),
        Attack(name: "update", sql: "UPDATE $table SET $column = $column WHERE tenant_id = '$tenantA'"),
        Attack(name: "give away", sql: "UPDATE $table SET tenant_id = '$tenantA'"),
        Attack(name: "take over", sql: "UPDATE $table SET tenant_id = '$tenantB' WHERE tenant_id = '$tenantA'"),
        Attack(name: "delete", sql: "DELETE FROM $table WHERE tenant_id = '$tenantA'"),
        Attack(
            name: "delete using itself",
            sql: "DELETE FROM $table USING $table AS other WHERE other.tenant_id = '$tenantA'"),
        Attack(
            name: "insert for the other",
            sql:
                "INSERT INTO $table SELECT (jsonb_populate_record(x, jsonb_build_object('tenant_id', '$tenantA'))).* FROM $table AS x"
        ),
        Attack(
            name: "merge",
            sql: "MERGE INTO $table AS t USING (VALUES (1)) AS v ON t.tenant_id = '$tenantA' WHEN MATCHED THEN DELETE"),
        Attack(name: "truncate", sql: "TRUNCATE $table"),
        Attack(name: "copy out", sql: "COPY (SELECT * FROM $table WHERE tenant_id = '$tenantA') TO PROGRAM 'cat'"),
        Attack(name: "disable row security", sql: "ALTER TABLE $table DISABLE ROW LEVEL SECURITY"),
        Attack(name: "drop the policy", sql: "DROP POLICY tenant ON $table"),
        Attack(name: "grant to all", sql: "GRANT SELECT ON $table TO PUBLIC"),
        Attack(
            name: "cursor",
            sql: "DECLARE stolen CURSOR FOR SELECT * FROM $table WHERE tenant_id = '$tenantA'; MOVE ALL stolen"),
    ]

    @Test(
        "No statement on any table touches another tenant's rows", arguments: [Bootstrap.SessionMode.privileged, .mac])
    func attacksTouchNothing(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let seed = try await IsolationSeed.plant(test)
            let before = try await Self.fingerprint(of: seed.a.id, test)
            for table in try await IsolationSeed.tables(test) {
                for attack in Self.attacks { try await Self.run(attack, on: table, seed, test) }
            }
            #expect(try await Self.fingerprint(of: seed.a.id, test) == before)
        }
    }

    @Test("Leaves of partitions stand open to nobody", arguments: [Bootstrap.SessionMode.privileged, .mac])
    func leavesAreClosed(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let seed = try await IsolationSeed.plant(test)
            let leaves = try await test.database.asSuperuser { admin in
                try await admin.run(
                    "SELECT c.oid::regclass::text AS leaf, n.nspname::text AS module FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition AND c.relkind = 'r'"
                ).rows.map { (try $0.get("leaf", as: String.self), try $0.get("module", as: String.self)) }
            }
            #expect(!leaves.isEmpty)
            for (leaf, module) in leaves {
                let tx = try Self.open(module, seed.b, test)
                await #expect(throws: (any Error).self) {
                    _ = try await tx.leased { try await $0.rows("\(unsafeSQL: "SELECT * FROM \(leaf)")") }
                }
            }
        }
    }

    @Test("Every table has a row of both tenants, so that the attacks have something to find")
    func seedCoversEveryTable() async throws {
        try await TestPlatform.with { test in
            let seed = try await IsolationSeed.plant(test)
            for table in try await IsolationSeed.tables(test) {
                for tenant in [seed.a.id, seed.b.id] {
                    let count = try await test.database.asSuperuser { admin in
                        try await admin.run(
                            "SELECT count(*) AS count FROM \(unsafeSQL: table.text) WHERE tenant_id = \(tenant)"
                        )
                        .first?.get("count", as: Int.self)
                    }
                    #expect(count == 1, "\(table.text) needs a line in IsolationSeed")
                }
            }
        }
    }

    /// Runs one attack in tenant B's session; whatever it answers must be "nothing".
    private static func run(
        _ attack: Attack, on table: TenantTable, _ seed: IsolationSeed, _ test: TestPlatform
    ) async throws {
        let column =
            table.name == "conversation_tags" ? "tag" : table.name == "knowledge_categories" ? "name" : "created_at"
        let sql = attack.sql.replacing("$tenantA", with: seed.a.id.description)
            .replacing("$tenantB", with: seed.b.id.description)
            .replacing("$table", with: table.text).replacing("$column", with: column)
        let tx = try open(table.module, seed.b, test)
        do {
            let result = try await tx.leased { try await $0.rows("\(unsafeSQL: sql)") }
            let touched = try result.columns.isEmpty ? result.affected : result.first?.get("touched", as: Int.self) ?? 0
            #expect(touched == 0, "\(attack.name) on \(table.text)")
        } catch let error as Problem {
            #expect(error.status != 503, "\(attack.name) on \(table.text)")
        } catch {
            // Refused by the server, which is as good.
        }
    }

    static func open(_ module: String, _ tenant: TestTenant, _ test: TestPlatform) throws -> TenantTx {
        let name = try #require(ModuleName(module))
        return test.platform.databases.database(of: name).open(tenant.session, mode: .write)
    }

    /// A hash of every row a tenant has in any table.
    static func fingerprint(of tenant: TenantID, _ test: TestPlatform) async throws -> [String] {
        let tables = try await IsolationSeed.tables(test)
        return try await test.database.asSuperuser { admin in
            var hashes: [String] = []
            for table in tables {
                let row = try await admin.run(
                    """
                    SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS hash
                    FROM \(unsafeSQL: table.text) AS t
                    WHERE tenant_id = \(tenant)
                    """
                ).first
                hashes.append("\(table.text) \(try row?.get("hash", as: String.self) ?? "")")
            }
            return hashes
        }
    }
}
