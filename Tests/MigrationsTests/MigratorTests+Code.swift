import Migrations
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Code that a module's migrations bring along.
extension MigratorTests {
    @Test(
        "A migration that writes code is refused, and leaves nothing behind",
        arguments: [
            "CREATE FUNCTION alpha.mine() RETURNS integer LANGUAGE sql RETURN 1;",
            "CREATE FUNCTION alpha.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
            "CREATE PROCEDURE alpha.mine() LANGUAGE sql AS 'SELECT 1';", "DO $$ BEGIN PERFORM 1; END $$;",
        ])
    func writtenCode(statement: String) async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha"), statement])
            let outcome = try #require(try await ground.bootstrapAndMigrate().first { $0.module == "alpha" })
            #expect(outcome.applied == ["0001_step.sql"])
            #expect(outcome.failure?.contains("0002_step.sql") == true, "\(outcome)")
            #expect(outcome.failure?.contains("permission denied for language") == true, "\(outcome)")
            #expect(try await ground.column(Self.functions) == [])
        }
    }

    private static let functions: SQL =
        "SELECT proname::text AS value FROM pg_proc WHERE pronamespace = 'alpha'::regnamespace"

    /// What a migration hangs on its tables, and how it is named.
    private static let hung: [(String, String)] = [
        (
            "CREATE TRIGGER spy BEFORE INSERT ON alpha.things FOR EACH ROW EXECUTE FUNCTION alpha.spy()",
            "alpha.things: expected no code of the module's own, found trigger spy calls alpha.spy()"
        ),
        // It would run at the end of the transaction, as whoever began that.
        (
            """
            CREATE CONSTRAINT TRIGGER spy AFTER DELETE ON alpha.things DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION alpha.spy()
            """, "trigger spy calls alpha.spy()"
        ),
        // What a reference does when a member goes, it does as the tables' owner, whom no policy binds then.
        (
            """
            ALTER TABLE alpha.things
                ADD COLUMN author_id uuid,
                ADD FOREIGN KEY (tenant_id, author_id) REFERENCES core.profiles (tenant_id, id) ON DELETE CASCADE;
            CREATE TRIGGER spy BEFORE DELETE ON alpha.things FOR EACH ROW EXECUTE FUNCTION alpha.spy()
            """, "trigger spy calls alpha.spy()"
        ),
        (
            """
            CREATE TRIGGER spy BEFORE UPDATE ON alpha.things
            FOR EACH ROW WHEN (alpha.peek(NEW.note) = 'x') EXECUTE FUNCTION core.touch_updated_at()
            """, "trigger spy calls alpha.peek(text)"
        ),
        // What raises or keeps a row where rows are deleted keeps every tenant from being erased.
        (
            """
            CREATE TRIGGER keep BEFORE DELETE ON alpha.things
            FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()
            """, "trigger keep on DELETE calls suppress_redundant_updates_trigger()"
        ),
        (
            """
            CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON alpha.things
            FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at()
            """, "trigger keep on DELETE calls core.touch_updated_at()"
        ),
        (
            """
            CREATE TRIGGER keep BEFORE UPDATE ON alpha.things
            FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
            """, "trigger keep calls suppress_redundant_updates_trigger()"
        ),
        (
            "ALTER TABLE alpha.things ADD CONSTRAINT peeked CHECK (alpha.peek(note) = 'x')",
            "constraint peeked calls alpha.peek(text)"
        ),
        // Nothing that the kernel keeps to itself either: it may be the kernel that runs it.
        (
            "ALTER TABLE alpha.things ADD CONSTRAINT peeked CHECK (core.leaf_end(note) IS NULL) NOT VALID",
            "constraint peeked calls core.leaf_end(text)"
        ),
        (
            "ALTER TABLE alpha.things ALTER COLUMN note SET DEFAULT alpha.peek('x')",
            "default calls alpha.peek(text)"
        ),
        (
            "ALTER TABLE alpha.things ADD COLUMN peeked text GENERATED ALWAYS AS (alpha.peek(note)) STORED",
            "calls alpha.peek(text)"
        ),
        (
            "CREATE INDEX peeked ON alpha.things (tenant_id, alpha.peek(note))",
            "alpha.peeked: expected no code of the module's own, found index calls alpha.peek(text)"
        ),
        (
            "CREATE INDEX peeked ON alpha.things (tenant_id) WHERE alpha.peek(note) = 'x'",
            "index calls alpha.peek(text)"
        ),
        (
            "CREATE DOMAIN alpha.word AS text CONSTRAINT peeked CHECK (alpha.peek(VALUE) = 'x')",
            "alpha.word: expected no code of the module's own, found constraint peeked calls alpha.peek(text)"
        ),
        (
            """
            CREATE OPERATOR alpha.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = alpha.same);
            ALTER TABLE alpha.things ADD CONSTRAINT peeked CHECK (note OPERATOR(alpha.===) 'x')
            """, "constraint peeked uses the operator alpha.===(text,text)"
        ),
        ("CREATE POLICY mine ON alpha.things USING (true)", "policy mine is none of the kernel's"),
        ("CREATE RULE mine AS ON DELETE TO alpha.things DO ALSO SELECT alpha.peek('x')", "rule mine"),
        (
            """
            CREATE TYPE alpha.pair AS (word text);
            CREATE FUNCTION alpha.weigh(alpha.pair) RETURNS uuid LANGUAGE sql RETURN gen_random_uuid();
            CREATE CAST (alpha.pair AS uuid) WITH FUNCTION alpha.weigh(alpha.pair) AS IMPLICIT
            """, "alpha.pair: expected no code of the module's own, found cast from alpha.pair to uuid"
        ),
    ]

    @Test("Where languages stay open, doctor says so, and a migration that hangs code on its tables is rolled back")
    func hungCode() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha")])
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            try await ground.database.asSuperuser {
                try await $0.run("GRANT USAGE ON LANGUAGE sql, plpgsql TO PUBLIC")
            }
            let gaps = try await ground.setup { try await $0.gaps() }
            #expect(gaps.map(\.object) == ["language plpgsql", "language sql"])
            #expect(gaps.allSatisfy { $0.detail == "USAGE by public: functions and DO blocks" }, "\(gaps)")
            for (statement, found) in Self.hung {
                try ground.write(
                    "Plugins/alpha/migrations/0002_step.sql",
                    """
                    ALTER TABLE alpha.things ADD COLUMN note text;
                    CREATE FUNCTION alpha.peek(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN $1;
                    CREATE FUNCTION alpha.same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 = $2;
                    CREATE FUNCTION alpha.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                    \(statement);
                    """)
                let outcome = try #require(try await ground.migrate().first { $0.module == "alpha" })
                #expect(outcome.applied == [] && outcome.failure?.contains(found) == true, "\(statement): \(outcome)")
                #expect(try await ground.column(Self.functions) == [], "\(statement)")
            }
            #expect(try await ground.ledger().contains("alpha 1"))
            #expect(try await !ground.ledger().contains("alpha 2"))
        }
    }

    @Test("A migration whose trigger keeps rows from being deleted is rolled back, and its tenants can be erased")
    func keptRows() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            let keeping = """
                CREATE TRIGGER keep BEFORE DELETE ON alpha.things
                FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger();
                """
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha"), keeping])
            let outcome = try #require(try await ground.bootstrapAndMigrate().first { $0.module == "alpha" })
            #expect(outcome.applied == ["0001_step.sql"])
            #expect(outcome.failure?.contains("found trigger keep on DELETE calls") == true, "\(outcome)")
            let tenant = TenantID.make()
            let proof = try await ground.database.asSuperuser { admin in
                try await admin.run("INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), 'gone', 'T')")
                try await admin.run(
                    "INSERT INTO alpha.things (tenant_id, id) VALUES (\(tenant), \(ID<Void>.make()))")
                return try await admin.run(
                    "SELECT p #>> '{alpha.things,erased}' AS erased FROM core.erase_tenant(\(tenant)) AS p")
            }
            #expect(try proof.first?.get("erased", as: String.self) == "1")
        }
    }

    @Test("A module whose tables run code from before is paused with what was found, and its tables stay guarded")
    func oldCode() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha")])
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            try await ground.database.asSuperuser {
                try await $0.script(
                    """
                    CREATE FUNCTION alpha.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                    CREATE TRIGGER spy BEFORE INSERT ON alpha.things FOR EACH ROW EXECUTE FUNCTION alpha.spy();
                    ALTER TABLE alpha.things NO FORCE ROW LEVEL SECURITY;
                    """)
            }
            let offences = try await ground.setup { try await $0.verifySchema() }
            #expect(offences.contains { $0.rule == "0023_module_code" && $0.object == "alpha.things" }, "\(offences)")
            let outcome = try #require(try await ground.migrate().first { $0.module == "alpha" })
            for part in ["foreign_code", "alpha.things", "trigger spy calls alpha.spy()", "fix: drop it in a"] {
                #expect(outcome.failure?.contains(part) == true, "\(outcome)")
            }
            let forced: SQL = """
                SELECT relforcerowsecurity::text AS value FROM pg_class WHERE oid = 'alpha.things'::regclass
                """
            #expect(try await ground.column(forced) == ["true"])
            // What mends it runs although the module is paused.
            try ground.write("Plugins/alpha/migrations/0002_step.sql", "DROP TRIGGER spy ON alpha.things;")
            try await ground.database.asSuperuser {
                try await $0.run("ALTER FUNCTION alpha.spy() OWNER TO romashka_o_alpha")
                try await $0.run("REVOKE ALL ON FUNCTION alpha.spy() FROM PUBLIC")
            }
            #expect(try await ground.migrate().compactMap(\.failure) == [])
        }
    }
}
