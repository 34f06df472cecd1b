import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatteryDatabaseRoleTests {
    /// What a module's migration could define so that its rows are read while another tenant's statement runs.
    private static let definitions: [SQL] = [
        """
        CREATE FUNCTION conversations.peek(text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE
        AS 'SELECT string_agg(t.name, '','') FROM conversations.customer_profiles AS t'
        """,
        """
        CREATE FUNCTION conversations.spy() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN NEW.triggered := conversations.peek(); RETURN NEW; END'
        """,
        """
        ALTER TABLE conversations.customer_profiles
            ADD COLUMN triggered text,
            ADD COLUMN defaulted text DEFAULT conversations.peek()
        """,
        """
        ALTER TABLE conversations.customer_profiles
            ADD COLUMN generated text GENERATED ALWAYS AS (conversations.peek(name)) STORED
        """,
        """
        CREATE TRIGGER spy BEFORE INSERT OR UPDATE ON conversations.customer_profiles
        FOR EACH ROW EXECUTE FUNCTION conversations.spy()
        """,
        // Without security_invoker it reads as its owner, whom FORCE binds too.
        "CREATE VIEW conversations.everybody AS SELECT t.name FROM conversations.customer_profiles AS t",
    ]

    @Test(
        "a trigger, a default, a generated column and a view see the session's rows only",
        arguments: IsolationGround.modes)
    func definitionsSeeOneTenant(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.database.asSuperuser { admin in
                // What stood in the rows before came from A's own; only what B's statements cause is looked at.
                for definition in Self.definitions { try await admin.run(definition) }
                try await admin.run("ALTER VIEW conversations.everybody OWNER TO romashka_o_conversations")
                try await admin.run("GRANT SELECT ON conversations.everybody TO romashka_m_conversations")
                try await admin.run(
                    """
                    GRANT EXECUTE ON FUNCTION conversations.peek(text), conversations.spy()
                    TO romashka_m_conversations
                    """)
                try await admin.run(
                    "GRANT INSERT, SELECT, UPDATE ON conversations.customer_profiles TO romashka_m_conversations")
            }
            let statements = [
                """
                INSERT INTO conversations.customer_profiles (tenant_id, id, name)
                VALUES ('\(ground.b.id)', gen_random_uuid(), 'newcomer')
                RETURNING triggered || ' ' || defaulted || ' ' || generated
                """,
                """
                UPDATE conversations.customer_profiles
                SET name = 'renamed'
                WHERE tenant_id = '\(ground.b.id)'
                RETURNING triggered || ' ' || generated
                """,
                "SELECT name FROM conversations.everybody",
            ]
            let outcome = try await ground.asModule { try await ground.inSession(statements, $0, ground.b) }
            #expect(outcome.refusal == nil && outcome.shows(IsolationTenant.plain), "\(outcome.message)")
            #expect(!outcome.shows(IsolationTenant.canary))
        }
    }
}
