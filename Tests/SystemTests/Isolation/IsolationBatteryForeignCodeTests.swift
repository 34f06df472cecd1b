import Migrations
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Code that a module hung on its tables, on a server that let it: the kernel, which touches every tenant's rows, runs
/// none of it.
@Suite("IsolationBattery: foreign code")
struct IsolationBatteryForeignCodeTests {
    /// A trigger's function and another, which note who runs them where anybody may write.
    private static let witnesses: [SQL] = [
        "CREATE TABLE knowledge.noted (who text)", "GRANT ALL ON knowledge.noted TO PUBLIC",
        """
        CREATE FUNCTION knowledge.note() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN INSERT INTO knowledge.noted VALUES (current_user); RETURN OLD; END'
        """,
        """
        CREATE FUNCTION knowledge.notes() RETURNS boolean LANGUAGE plpgsql
        AS 'BEGIN INSERT INTO knowledge.noted VALUES (current_user); RETURN true; END'
        """,
    ]

    private static func noted(_ admin: Lease) async throws -> [String] {
        try await admin.run("SELECT who FROM knowledge.noted").rows.map { try $0.get("who") }
    }

    /// What is hung on a table, and what takes it away.
    private static let traps: [(plant: SQL, remove: SQL)] = [
        (
            """
            CREATE TRIGGER note BEFORE DELETE ON knowledge.knowledge_items
            FOR EACH ROW EXECUTE FUNCTION knowledge.note()
            """, "DROP TRIGGER note ON knowledge.knowledge_items"
        ),
        (
            """
            CREATE TRIGGER note AFTER DELETE ON knowledge.knowledge_items
            FOR EACH STATEMENT EXECUTE FUNCTION knowledge.note()
            """, "DROP TRIGGER note ON knowledge.knowledge_items"
        ),
        (
            "CREATE POLICY note ON knowledge.knowledge_items AS RESTRICTIVE USING (knowledge.notes())",
            "DROP POLICY note ON knowledge.knowledge_items"
        ),
        (
            """
            CREATE RULE note AS ON DELETE TO knowledge.knowledge_items
            DO ALSO INSERT INTO knowledge.noted VALUES (knowledge.notes()::text)
            """, "DROP RULE note ON knowledge.knowledge_items"
        ),
    ]

    @Test("an erasure runs nothing of a module's, and takes place when that is gone", arguments: IsolationGround.modes)
    func erasure(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.database.asSuperuser { admin in
                for statement in Self.witnesses { try await admin.run(statement) }
                for (plant, remove) in Self.traps {
                    try await admin.run(plant)
                    let error = await #expect(throws: DatabaseError.self) {
                        try await admin.run("SELECT core.erase_tenant(\(ground.b.id))")
                    }
                    #expect(error?.sqlState == "RK006", "\(plant.text): \(error as Any)")
                    try await admin.run(remove)
                }
                #expect(try await Self.noted(admin) == [])
                let proof = try await admin.run(
                    """
                    SELECT p #>> '{knowledge.knowledge_items,erased}' AS erased
                    FROM core.erase_tenant(\(ground.b.id)) AS p
                    """)
                #expect(try proof.first?.get("erased", as: String.self) == "1")
            }
        }
    }

    @Test("what lies among the rest of a module's table is not moved for it", arguments: IsolationGround.modes)
    func partitions(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.database.asSuperuser { admin in
                for statement in Self.witnesses { try await admin.run(statement) }
                try await admin.script(
                    """
                    CREATE TABLE knowledge.moments (tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id))
                    PARTITION BY RANGE (id);
                    CREATE TABLE knowledge.moments_rest PARTITION OF knowledge.moments DEFAULT;
                    ALTER TABLE knowledge.moments OWNER TO romashka_o_knowledge;
                    ALTER TABLE knowledge.moments_rest OWNER TO romashka_o_knowledge;
                    INSERT INTO knowledge.moments VALUES ('\(ground.b.id)', core.uuid7());
                    CREATE TRIGGER note BEFORE DELETE ON knowledge.moments_rest
                    FOR EACH ROW EXECUTE FUNCTION knowledge.note();
                    """)
                #expect(try await Self.leaves(admin) == ["moments_rest"])
                try await admin.run("DROP TRIGGER note ON knowledge.moments_rest")
                // Where its leaf should be, the row is in the way.
                #expect(try await Self.leaves(admin) == ["moments_rest"])
                #expect(try await admin.run("SELECT FROM knowledge.moments_rest").count == 1)
                #expect(try await Self.noted(admin) == [])
                try await admin.run("DELETE FROM knowledge.moments")
                #expect(try await Self.leaves(admin).count > 3)
            }
        }
    }

    /// The leaves of `knowledge.moments` after those that are missing were to be made.
    private static func leaves(_ admin: Lease) async throws -> [String] {
        try await admin.run("SELECT core.ensure_partitions(3)")
        let leaves = try await admin.run(
            """
            SELECT c.relname::text AS leaf
            FROM pg_inherits AS i
            JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'knowledge.moments'::regclass
            ORDER BY leaf
            """)
        return try leaves.rows.map { try $0.get("leaf") }
    }

    /// What brings code along, and the rule that names it.
    struct Offender: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rule: String
        let object: String
        let statement: String
    }

    private static let offenders = [
        Offender(
            testDescription: "a trigger", rule: "0023_module_code", object: "knowledge.knowledge_items",
            statement: """
                CREATE TRIGGER note BEFORE DELETE ON knowledge.knowledge_items
                FOR EACH ROW EXECUTE FUNCTION knowledge.note()
                """),
        Offender(
            testDescription: "a CHECK", rule: "0023_module_code", object: "knowledge.knowledge_items",
            statement: "ALTER TABLE knowledge.knowledge_items ADD CONSTRAINT note CHECK (knowledge.notes()) NOT VALID"),
        Offender(
            testDescription: "a range", rule: "0017_column_types", object: "knowledge.mine",
            statement: "CREATE TYPE knowledge.mine AS RANGE (subtype = int4)"),
        Offender(
            testDescription: "a domain over somebody else's type", rule: "0017_column_types", object: "knowledge.mine",
            statement: "CREATE DOMAIN knowledge.mine AS conversations.label"),
        Offender(
            testDescription: "a column of somebody else's type", rule: "0017_column_types",
            object: "knowledge.knowledge_items.mine",
            statement: "ALTER TABLE knowledge.knowledge_items ADD COLUMN mine core.tenants"),
    ]

    @Test("a rule names what brings code along", arguments: offenders)
    func rules(offender: Offender) async throws {
        let lints = try SchemaLints(try Installation.find(environment: [:]).folders)
        let rule = try #require(lints.rules.first { $0.name == offender.rule })
        try await IsolationGround.with(.privileged) { ground in
            try await ground.database.asSuperuser { admin in
                for witness in Self.witnesses { try await admin.run(witness) }
                #expect(try await lints.run(rule, admin) == [])
                try await admin.run(SQL(unsafeSQL: offender.statement))
                #expect(try await lints.run(rule, admin).map(\.object) == [offender.object])
            }
        }
    }
}
