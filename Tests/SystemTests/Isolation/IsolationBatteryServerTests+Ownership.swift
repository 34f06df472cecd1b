import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatteryServerTests {
    @Test(
        "no module's SQL can drop what its role was given, or the policies made for it",
        arguments: IsolationGround.modes, [IsolationDoor.shared, .leased])
    func dropOwned(mode: Bootstrap.SessionMode, door: IsolationDoor) async throws {
        try await IsolationGround.with(mode) { ground in
            let before = try await walls(ground)
            for module in ["conversations", "knowledge"] {
                for statement in [
                    "DROP OWNED BY CURRENT_USER", "DROP OWNED BY CURRENT_USER CASCADE",
                    "DROP OWNED BY romashka_modules",
                    "DROP OWNED BY romashka_modules CASCADE", "REASSIGN OWNED BY CURRENT_USER TO romashka_modules",
                    "REVOKE ALL ON ALL TABLES IN SCHEMA \(module) FROM CURRENT_USER",
                    "REVOKE USAGE ON SCHEMA core FROM romashka_modules", "GRANT ALL ON SCHEMA \(module) TO PUBLIC",
                ] {
                    let outcome = try await ground.run([statement], door, as: module, ground.b)
                    #expect(outcome.refusal == "statement_refused", "\(statement)")
                    #expect(try await walls(ground) == before, "\(statement)")
                }
            }
        }
    }

    /// Every privilege and policy of the database, as one text.
    private func walls(_ ground: IsolationGround) async throws -> String {
        try await ground.database.asSuperuser { admin in
            try await admin.run(
                """
                SELECT concat_ws(E'\\n',
                    (SELECT string_agg(c.oid || ':' || c.relacl::text, ' ' ORDER BY c.oid) FROM pg_class AS c),
                    (SELECT string_agg(a.attrelid || ':' || a.attacl::text, ' ' ORDER BY a.attrelid, a.attnum)
                     FROM pg_attribute AS a),
                    (SELECT string_agg(p.oid || ':' || p.proacl::text, ' ' ORDER BY p.oid) FROM pg_proc AS p),
                    (SELECT string_agg(n.oid || ':' || n.nspacl::text, ' ' ORDER BY n.oid) FROM pg_namespace AS n),
                    (SELECT string_agg(p::text, ' ' ORDER BY p.oid) FROM pg_policy AS p)) AS walls
                """
            ).first?.get("walls", as: String.self) ?? ""
        }
    }

    /// Where a managed server does not let PUBLIC's rights to temporary objects and to languages be revoked.
    @Test("names made in pg_temp deceive no function of the kernel", arguments: IsolationGround.modes)
    func shadowing(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.database.asSuperuser { admin in
                try await admin.run(SQL(unsafeSQL: "GRANT TEMPORARY ON DATABASE \(ground.database.name) TO PUBLIC"))
                try await admin.run("GRANT USAGE ON LANGUAGE sql TO PUBLIC")
            }
            for type in ["text", "bytea"] {
                // A domain's CHECK runs with the rights of whoever assigns to it.
                let outcome = try await ground.asModule("knowledge") { lease in
                    for statement in Self.thief(type) { try await lease.run(SQL(unsafeSQL: statement)) }
                    _ = try await ground.inSession(["SELECT core.tenant_id()::text"], lease, ground.b)
                    return await IsolationOutcome.of { outcome in
                        try outcome.add(await lease.run("SELECT current_setting('stolen.value', true) AS loot"))
                    }
                }
                #expect(outcome.bytes.allSatisfy { $0 == 0x0A }, "the keyholder's \(type) was stolen")
            }
            try await ground.asModule("knowledge") { lease in
                for statement in Self.decoys { try await lease.run(SQL(unsafeSQL: statement)) }
                for path in ["pg_temp, knowledge, core", "pg_temp", "knowledge, pg_temp, pg_catalog"] {
                    let seen = try await ground.inSession(
                        [
                            "SET LOCAL search_path = \(path)", "SELECT core.tenant_id()::pg_catalog.text",
                            "SELECT t::pg_catalog.text FROM knowledge.knowledge_items AS t",
                            "SELECT * FROM knowledge.search_items('\(IsolationTenant.canary)', 10)",
                        ], lease, ground.b)
                    #expect(seen.refusal == nil && seen.shows(ground.b.id.description), "\(seen.message)")
                    #expect(!seen.shows(IsolationTenant.canary) && !seen.shows(ground.a.id.description))
                }
            }
        }
    }

    /// A type of the session's own that notes down what is assigned to it.
    private static func thief(_ type: String) -> [String] {
        let shown = type == "bytea" ? "pg_catalog.encode($1, 'hex')" : "$1"
        return [
            """
            CREATE FUNCTION pg_temp.note(pg_catalog.\(type)) RETURNS pg_catalog.bool LANGUAGE sql AS
            $$ SELECT pg_catalog.set_config('stolen.value', \(shown), false) IS NOT NULL $$
            """,
            "GRANT EXECUTE ON FUNCTION pg_temp.note(pg_catalog.\(type)) TO PUBLIC",
            "CREATE DOMAIN pg_temp.\(type) AS pg_catalog.\(type) CHECK (pg_temp.note(VALUE))",
        ]
    }

    /// Things of the session's own with the names the kernel's functions use.
    private static let decoys = [
        "CREATE FUNCTION pg_temp.tenant_id() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "CREATE FUNCTION pg_temp.customer() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "CREATE FUNCTION pg_temp.left(text, int) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
        "CREATE FUNCTION pg_temp.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
        "CREATE FUNCTION pg_temp.numnode(tsquery) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.ts_rank(tsvector, tsquery) RETURNS real LANGUAGE sql AS 'SELECT 1::real'",
        "CREATE TEMP TABLE knowledge_items (tenant_id uuid, id uuid, tsv tsvector)",
        "CREATE TEMP TABLE session_keys (kid smallint, inner_pad bytea, outer_pad bytea, not_after timestamptz)",
        "CREATE TEMP VIEW tenant_tables AS SELECT 1 AS x",
        "CREATE FUNCTION pg_temp.same(uuid, uuid) RETURNS bool LANGUAGE sql AS 'SELECT true'",
        "CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.same)",
    ]
}
