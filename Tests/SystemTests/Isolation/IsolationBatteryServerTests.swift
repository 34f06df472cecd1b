import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What a module's role finds on the server besides its tables: nothing of other tenants, and nothing that reaches them.
@Suite("IsolationBattery: server")
struct IsolationBatteryServerTests {
    /// Statements that must be refused, and the codes other than 42501 that refuse them as well.
    private static let refused: [(String, Set<String>)] = [
        ("SELECT pg_terminate_backend(pg_backend_pid() - 1)", []), ("SELECT pg_cancel_backend(1)", []),
        ("SELECT lo_create(0)", []), ("SELECT lo_from_bytea(0, 'x')", []), ("SELECT lo_get(1)", []),
        ("SELECT lo_put(1, 0, 'x')", []), ("SELECT lo_unlink(1)", []), ("SELECT lo_open(1, 393216)", []),
        ("SELECT lo_import('/etc/passwd')", []), ("SELECT lo_export(1, '/tmp/stolen')", []),
        ("SELECT pg_read_file('PG_VERSION')", []), ("SELECT pg_read_binary_file('PG_VERSION')", []),
        ("SELECT pg_ls_dir('.')", []), ("SELECT pg_ls_waldir()", []), ("SELECT pg_stat_file('PG_VERSION')", []),
        ("SELECT pg_advisory_lock(1)", []), ("SELECT pg_try_advisory_lock(1)", []),
        ("SELECT pg_advisory_xact_lock(1)", []), ("SELECT pg_try_advisory_xact_lock_shared(1, 2)", []),
        ("SELECT pg_advisory_lock_shared(1)", []), ("SELECT pg_advisory_unlock_all()", []),
        ("SELECT pg_notify('romashka', 'x')", []), ("SELECT pg_export_snapshot()", []),
        ("SELECT pg_logical_emit_message(true, 'x', 'x')", []),
        ("SELECT pg_create_logical_replication_slot('stolen', 'pgoutput')", ["55000"]),
        ("SELECT pg_create_physical_replication_slot('stolen')", []),
        ("SELECT pg_logical_slot_get_changes('stolen', NULL, NULL)", ["55000"]),
        ("CREATE PUBLICATION stolen FOR TABLE conversations.messages", []),
        ("CREATE SUBSCRIPTION stolen CONNECTION 'x' PUBLICATION y", ["25001"]),
        ("CREATE EXTENSION dblink", ["0A000", "58P01"]), ("CREATE EXTENSION postgres_fdw", ["0A000", "58P01"]),
        ("CREATE EXTENSION pg_stat_statements", ["0A000", "58P01"]), ("CREATE EXTENSION hstore", ["0A000", "58P01"]),
        ("CREATE FOREIGN DATA WRAPPER mine", []), ("CREATE SERVER mine FOREIGN DATA WRAPPER absent", ["42704"]),
        ("CREATE LANGUAGE mine HANDLER plpgsql_call_handler", []),
        ("CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION x()", ["42883"]),
        ("CREATE SCHEMA mine", []), ("CREATE TABLE core.mine (x int)", []),
        ("CREATE TABLE conversations.mine (x int)", []), ("CREATE TABLE knowledge.mine (x int)", []),
        ("CREATE TABLE public.mine (x int)", ["3F000"]), ("CREATE TABLE bootstrap.mine (x int)", []),
        ("CREATE TABLE pg_catalog.mine (x int)", []), ("CREATE TEMP TABLE mine (x int)", []),
        ("CREATE UNLOGGED TABLE mine (x int)", ["3F000"]), ("CREATE TABLE mine AS SELECT 1 AS x", ["3F000"]),
        ("CREATE VIEW conversations.mine AS SELECT 1", []), ("CREATE TEMP VIEW mine AS SELECT 1", []),
        ("CREATE MATERIALIZED VIEW conversations.mine AS SELECT 1", []),
        ("CREATE SEQUENCE conversations.mine", []), ("CREATE DOMAIN conversations.mine AS text", []),
        ("CREATE TYPE pg_temp.mine AS (x int)", []), ("CREATE DOMAIN pg_temp.mine AS text", []),
        ("CREATE FUNCTION conversations.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", []),
        ("CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", []),
        ("CREATE OR REPLACE FUNCTION core.tenant_id() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'", []),
        ("ALTER FUNCTION core.open(text) OWNER TO CURRENT_USER", []), ("DROP FUNCTION core.open(text)", []),
        ("CREATE OPERATOR core.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = uuid_eq)", []),
        ("CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT", []),
        ("CREATE AGGREGATE core.mine (int) (SFUNC = int4pl, STYPE = int)", []),
        ("CREATE ROLE mine", []), ("CREATE DATABASE mine", ["25001"]), ("ALTER SYSTEM SET fsync = off", ["25001"]),
        ("ALTER ROLE romashka_auth SET row_security = off", []), ("DROP ROLE romashka_auth", []),
        ("CREATE PROCEDURE core.mine() LANGUAGE sql AS 'SELECT 1'", []), ("DO $$ BEGIN END $$", []),
        ("DO LANGUAGE plpgsql $$ BEGIN PERFORM 1; END $$", []), ("LOAD 'auto_explain'", []), ("CHECKPOINT", []),
        ("REASSIGN OWNED BY romashka_o_conversations TO CURRENT_USER", []),
        ("REASSIGN OWNED BY romashka_owner TO CURRENT_USER", []),
        ("DROP OWNED BY romashka_owner", []), ("DROP OWNED BY romashka_o_conversations CASCADE", []),
        ("DROP OWNED BY romashka_m_knowledge", []), ("PREPARE TRANSACTION 'stolen'", ["55000"]),
        ("COMMENT ON SCHEMA conversations IS 'mine'", []),
        ("SECURITY LABEL ON SCHEMA conversations IS 'mine'", ["22023"]),
        ("IMPORT FOREIGN SCHEMA x FROM SERVER y INTO conversations", ["42704"]), ("DISCARD ALL", ["25001"]),
        ("TABLE pg_authid", []), ("TABLE pg_shadow", []), ("TABLE pg_statistic", []), ("TABLE pg_user_mapping", []),
        ("TABLE pg_stat_activity", []), ("SELECT * FROM pg_stat_get_activity(NULL)", []),
        ("SELECT pg_stat_get_backend_activity(1)", []), ("TABLE pg_stat_replication", []), ("TABLE pg_stat_ssl", []),
        ("TABLE pg_hba_file_rules", []), ("TABLE pg_file_settings", []), ("TABLE pg_config", []),
        ("TABLE core.tenants", []), ("TABLE core.accounts", []), ("TABLE core.profiles", []),
        ("TABLE core.sessions", []),
        ("TABLE core.operator_tokens", []), ("TABLE core.changes", []), ("TABLE core.master_check", []),
        ("TABLE core.migrations", []), ("TABLE core.table_rules", []), ("TABLE core.kernel_policies", []),
        ("SELECT pg_reload_conf()", []), ("SELECT pg_rotate_logfile()", []), ("SELECT pg_switch_wal()", []),
        ("SELECT pg_stat_reset()", []), ("SELECT pg_promote()", []), ("SELECT pg_current_logfile()", []),
        ("SELECT query_to_xml('SELECT 1', true, true, '')", []),
        ("SELECT table_to_xml('conversations.messages', true, true, '')", []),
        ("SELECT * FROM ts_stat('SELECT tsv FROM knowledge.knowledge_items')", []),
        ("SELECT ts_rewrite('a', 'SELECT ''a''::tsquery, ''b''::tsquery')", []),
        ("SELECT set_config('search_path', 'x', true)", []), ("SELECT currval('x')", ["42P01"]),
        ("SELECT lastval()", ["55000"]),
    ]

    @Test("what reaches beyond one's rows is refused", arguments: IsolationGround.modes)
    func refused(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.asModule { lease in
                for (statement, others) in Self.refused {
                    let outcome = try await ground.inSession([statement], lease, ground.b)
                    let code = outcome.refusal ?? "answered"
                    #expect(code == "42501" || others.contains(code), "\(statement): \(code) \(outcome.message)")
                    #expect(!outcome.shows(IsolationTenant.canary), "\(statement)")
                }
            }
        }
    }

    @Test("no function of the kernel but those for modules answers a module", arguments: IsolationGround.modes)
    func functions(mode: Bootstrap.SessionMode) async throws {
        let offered: Set<String> = [
            "open", "session_claims", "tenant_id", "actor_id", "actor_kind", "actor_role", "customer",
            "touch_updated_at",
            "uuid_floor", "emit", "enqueue", "enqueue_command", "complete", "step", "idempotency", "claim_command",
            "file_ref", "end_customer",
        ]
        try await IsolationGround.with(mode) { ground in
            let calls = try await ground.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT p.proname::text AS name, format('SELECT %s.%I(%s)', p.pronamespace::regnamespace, p.proname, (
                        SELECT string_agg(format('NULL::%s', t::regtype), ', ' ORDER BY n)
                        FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (t, n))) AS call
                    FROM pg_proc AS p
                    WHERE p.pronamespace::regnamespace::text IN ('core', 'bootstrap', 'knowledge') AND p.prokind = 'f'
                      AND p.prorettype <> 'trigger'::regtype
                      AND NOT EXISTS (
                          SELECT FROM pg_type AS t WHERE t.oid = ANY (p.proargtypes::oid[]) AND t.typtype = 'p')
                    """
                ).rows.map { (name: try $0.get("name", as: String.self), call: try $0.get("call", as: String.self)) }
            }
            #expect(calls.count > 15)
            try await ground.asModule { lease in
                for (name, call) in calls where !offered.contains(name) {
                    let outcome = try await ground.inSession([call], lease, ground.b)
                    #expect(outcome.refusal == "42501", "\(call)")
                }
            }
        }
    }

    @Test("nothing in the catalogues shows another tenant's values or statements", arguments: IsolationGround.modes)
    func catalogues(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let relations = try await ground.database.asSuperuser { admin in
                // So many rows that the statistics hold A's values.
                try await admin.run(
                    """
                    INSERT INTO conversations.customer_profiles (tenant_id, id, name)
                    SELECT \(ground.a.id), gen_random_uuid(), \(ground.a.word) FROM generate_series(1, 300)
                    """)
                try await admin.run(
                    "CREATE STATISTICS conversations.pair (mcv) ON tenant_id, name FROM conversations.customer_profiles"
                )
                try await admin.run("ANALYZE")
                let known = try await admin.run(
                    "SELECT 1 FROM pg_stats WHERE most_common_vals::text LIKE \("%\(IsolationTenant.canary)%")")
                #expect(!known.isEmpty)
                return try await admin.run(
                    """
                    SELECT c.oid::regclass::text AS relation
                    FROM pg_class AS c
                    WHERE c.relkind IN ('r', 'v', 'm')
                      AND c.relnamespace::regnamespace::text IN ('pg_catalog', 'information_schema')
                    """
                ).rows.map { try $0.get("relation", as: String.self) }
            }
            #expect(relations.count > 150)
            // A connection of the same role is in the middle of a statement that names A's secret.
            try await ground.asModule(parameters: ["idle_in_transaction_session_timeout": "0"]) { busy in
                try await busy.run("BEGIN")
                try await busy.run(ground.opening(ground.a))
                try await busy.run(
                    SQL(
                        unsafeSQL:
                            "SELECT 1 FROM conversations.customer_profiles WHERE name = '\(IsolationTenant.canary)' FOR UPDATE"
                    ))
                try await ground.asModule { lease in
                    var read = 0
                    for relation in relations {
                        let outcome = try await ground.inSession(
                            ["SELECT x::text FROM \(relation) AS x"], lease, ground.b)
                        #expect(!outcome.shows(IsolationTenant.canary), "\(relation)")
                        #expect(!outcome.shows(ground.a.id.description), "\(relation)")
                        read += outcome.refusal == nil ? 1 : 0
                    }
                    #expect(read > 100)
                    let plan =
                        "EXPLAIN (ANALYZE, VERBOSE, SETTINGS, BUFFERS) SELECT * FROM conversations.customer_profiles"
                    let outcome = try await ground.inSession([plan], lease, ground.b)
                    #expect(!outcome.shows(IsolationTenant.canary) && !outcome.shows(ground.a.id.description))
                }
                try await busy.run("ROLLBACK")
            }
        }
    }

    @Test("A57: a search answers for one's own tenant only", arguments: IsolationGround.modes)
    func search(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let statement = "SELECT f.id, f.rank FROM knowledge.search_items('\(IsolationTenant.canary)', 100) AS f"
            let own = try await ground.run([statement], as: "knowledge", ground.a)
            #expect(own.touched == 1, "\(own.message)")
            let foreign = try await ground.run([statement], as: "knowledge", ground.b)
            #expect(foreign.touched == 0 && foreign.refusal == nil)
            let without = try await ground.asModule("knowledge") { lease in
                try await ground.inSession([statement], lease, ground.b, opens: false)
            }
            #expect(without.refusal != nil)
        }
    }
}
