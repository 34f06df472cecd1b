import Migrations
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Whether the battery would notice: each wall of each table is taken away inside a transaction, the table's probes must
/// turn red, and the transaction is rolled back.
@Suite("IsolationBattery: mutations")
struct IsolationBatteryMutationTests {
    /// How a wall is taken away; `$table` is filled in.
    static let policyMutations = [
        "DROP POLICY tenant ON $table",
        "ALTER TABLE $table DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY open ON $table USING (true)",
        "ALTER POLICY tenant ON $table USING (true)",
    ]

    /// What only the rules of the schema can see.
    static let structureMutations = [
        "ALTER TABLE $table NO FORCE ROW LEVEL SECURITY",
        "GRANT SELECT ON $table TO PUBLIC",
        "GRANT TRUNCATE ON $table TO romashka_m_$module",
        "GRANT UPDATE (tenant_id) ON $table TO romashka_m_$module",
        "ALTER TABLE $table OWNER TO postgres",
    ]

    @Test("A table without its policy is found by the probe", arguments: [Bootstrap.SessionMode.privileged, .mac])
    func missingPoliciesAreFound(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let seed = try await IsolationSeed.plant(test)
            for table in try await IsolationSeed.tables(test) {
                #expect(try await !isOpen(table, after: nil, seed, test), "\(table.text) stands open")
                for mutation in Self.policyMutations {
                    // Without any policy, nothing is seen at all: then even one's own rows are gone, which is red too.
                    #expect(try await isOpen(table, after: mutation, seed, test), "\(mutation) on \(table.text)")
                }
            }
        }
    }

    @Test("A table whose structure is weakened is found by the rules")
    func weakStructuresAreFound() async throws {
        try await TestPlatform.with { test in
            let lints = try SchemaLints(try Installation.find(environment: [:]).folders)
            for table in try await IsolationSeed.tables(test) {
                for mutation in Self.structureMutations {
                    let offences = try await offences(lints, table, after: mutation, test)
                    #expect(!offences.isEmpty, "\(mutation) on \(table.text)")
                }
            }
        }
    }

    @Test("A foreign key without the tenant is found by the rules")
    func singleColumnKeysAreFound() async throws {
        try await TestPlatform.with { test in
            let lints = try SchemaLints(try Installation.find(environment: [:]).folders)
            let keys = try await test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT c.conrelid::regclass::text AS child, c.conname::text AS name, p.oid::regclass::text AS parent
                    FROM pg_constraint AS c
                    JOIN pg_class AS p ON p.oid = c.confrelid
                    JOIN pg_namespace AS n ON n.oid = c.connamespace
                    WHERE c.contype = 'f' AND c.conparentid = 0 AND n.nspname IN ('conversations', 'knowledge')
                      AND p.relnamespace = c.connamespace
                    """
                ).rows.map {
                    (
                        child: try $0.get("child", as: String.self), name: try $0.get("name", as: String.self),
                        parent: try $0.get("parent", as: String.self)
                    )
                }
            }
            #expect(keys.count >= 4)
            for key in keys {
                let mutation = """
                    ALTER TABLE \(key.child) DROP CONSTRAINT \(key.name), ADD COLUMN weak uuid;
                    ALTER TABLE \(key.parent) ADD COLUMN weak_key uuid UNIQUE;
                    ALTER TABLE \(key.child) ADD FOREIGN KEY (weak) REFERENCES \(key.parent) (weak_key);
                    """
                let table = TenantTable(module: "", name: "")
                #expect(try await !offences(lints, table, after: mutation, test).isEmpty, "\(key.name)")
            }
        }
    }

    /// Whether the probe, in tenant B's session, sees rows that it must not or misses its own.
    private func isOpen(
        _ table: TenantTable, after mutation: String?, _ seed: IsolationSeed, _ test: TestPlatform
    ) async throws -> Bool {
        let signer = SessionSigner(master: TestPlatform.master)
        let claims = SessionClaims(tenant: seed.b.id, actor: seed.b.session.actor, mode: .write)
        return try await rolledBack(test) { admin in
            if let mutation { try await admin.script(mutation.replacing("$table", with: table.text)) }
            try await admin.run("\(unsafeSQL: "SET LOCAL ROLE romashka_m_\(table.module)")")
            try await admin.run(signer.opening(claims))
            let row = try await admin.run(
                """
                SELECT count(*) FILTER (WHERE tenant_id = \(seed.a.id)) AS foreign_rows,
                       count(*) FILTER (WHERE tenant_id = \(seed.b.id)) AS own_rows
                FROM \(unsafeSQL: table.text)
                """
            ).first
            let foreign = try row?.get("foreign_rows", as: Int.self) ?? 0
            let own = try row?.get("own_rows", as: Int.self) ?? 0
            return foreign > 0 || own == 0
        }
    }

    private func offences(
        _ lints: SchemaLints, _ table: TenantTable, after mutation: String, _ test: TestPlatform
    ) async throws -> [SchemaLints.Offence] {
        try await rolledBack(test) { admin in
            try await admin.script(
                mutation.replacing("$table", with: table.text).replacing("$module", with: table.module))
            return try await lints.run(admin)
        }
    }

    private func rolledBack<Value: Sendable>(
        _ test: TestPlatform, _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        try await test.database.asSuperuser { admin in
            try await admin.run("BEGIN")
            let value = try await body(admin)
            try await admin.run("ROLLBACK")
            return value
        }
    }
}
