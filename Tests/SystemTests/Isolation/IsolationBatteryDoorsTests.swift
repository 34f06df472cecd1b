import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// A plugin that runs hostile SQL on purpose, through the very doors a plugin has: it learns nothing, changes nothing,
/// and whoever comes next on the same connection notices nothing.
@Suite("IsolationBattery: doors")
struct IsolationBatteryDoorsTests {
    /// What a hostile plugin sends in one transaction. `$A` is the other tenant's id.
    private static let hostile: [[String]] = [
        ["SELECT t::text FROM conversations.customer_profiles AS t"],
        ["SELECT t::text FROM conversations.customer_profiles AS t WHERE tenant_id = '$A'"],
        ["SELECT s::text FROM pg_stats AS s WHERE schemaname = 'conversations'"],
        [
            "WITH gone AS (DELETE FROM conversations.conversation_tags WHERE tenant_id = '$A' RETURNING tag) SELECT * FROM gone"
        ],
        ["UPDATE conversations.customer_profiles SET name = 'mine' WHERE tenant_id = '$A'"],
        ["SELECT core.open('x')"], ["SELECT 1 / 0"], ["SELECT pg_sleep(0.05)"], ["SELECT FROM WHERE"], [""], ["SELECT"],
        ["SELECT 1; SELECT t::text FROM conversations.customer_profiles AS t"], ["-- SELECT\nBEGIN"],
        ["/* SELECT */ COMMIT"],
        ["SELECT 1 INTO TEMP TABLE customer_profiles"], ["SELECT set_config('search_path', 'pg_temp', false)"],
        ["SELECT pg_advisory_lock(1)"], ["SELECT pg_notify('x', 'y')"], ["SELECT setseed(0)"],
        ["UPDATE pg_settings SET setting = 'off' WHERE name = 'row_security'"],
        ["WITH x AS (SELECT 1) SELECT * FROM x FOR UPDATE"], ["VALUES (1), (2)"],
        ["DECLARE kept CURSOR WITH HOLD FOR SELECT t::text FROM conversations.customer_profiles AS t"],
        ["BEGIN"], ["COMMIT"], ["ROLLBACK"], ["COMMIT", "SET search_path = pg_temp", "BEGIN"], ["END"], ["ABORT"],
        ["SAVEPOINT s"], ["START TRANSACTION READ ONLY"], ["SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"],
        ["COMMIT AND CHAIN"], ["PREPARE TRANSACTION 'x'"], ["SET statement_timeout = 0"], ["SET row_security = off"],
        ["SET ROLE romashka_modules"], ["SET SESSION AUTHORIZATION romashka_m_conversations"], ["RESET ALL"],
        ["DISCARD ALL"],
        ["SET romashka.session = 'x'"], ["SET search_path = pg_temp"], ["SET TimeZone = 'Asia/Tokyo'"], ["SHOW ALL"],
        ["SET bytea_output = 'escape'"], ["SET transform_null_equals = on"], ["SET client_encoding = 'LATIN1'"],
        ["PREPARE mine AS SELECT 'stolen'"], ["DEALLOCATE ALL"], ["EXECUTE mine"], ["DEALLOCATE PREPARE ALL"],
        ["LISTEN everything"], ["NOTIFY everything, 'x'"], ["UNLISTEN *"], ["LOCK TABLE conversations.conversations"],
        ["COPY conversations.customer_profiles TO STDOUT"], ["COPY conversations.customer_profiles FROM STDIN"],
        ["EXPLAIN ANALYZE SELECT * FROM conversations.customer_profiles"],
        ["CREATE TEMP TABLE customer_profiles (x int)"],
        ["CALL x()"], ["DO $$ BEGIN END $$"], ["VACUUM conversations.conversations"], ["ANALYZE"],
        ["TRUNCATE conversations.messages"],
        ["DROP OWNED BY CURRENT_USER"], ["CHECKPOINT"], ["LOAD 'x'"], ["TABLE conversations.customer_profiles"],
        ["CREATE TABLE conversations.mine (x int)"], ["ALTER TABLE conversations.messages DISABLE ROW LEVEL SECURITY"],
    ]

    /// What PostgreSQL grants every role and nothing can revoke, so that only the doors keep it out.
    private static let ofEveryRole: [[String]] = [
        ["ALTER ROLE CURRENT_USER PASSWORD 'mine'"], ["ALTER USER CURRENT_USER SET row_security = off"],
        ["ALTER ROLE CURRENT_USER SET default_transaction_read_only = on"],
        ["alter role romashka_m_conversations set statement_timeout = 1"],
        ["ALTER ROLE ALL SET search_path = pg_temp"], ["ALTER ROLE romashka_m_conversations RESET ALL"],
        ["\n\t ALTER ROLE CURRENT_USER VALID UNTIL '2000-01-01'"],
    ]

    @Test(
        "hostile SQL learns nothing, and the next tenant on the connection notices nothing",
        arguments: IsolationGround.modes, IsolationDoor.allCases)
    func hostileSQL(mode: Bootstrap.SessionMode, door: IsolationDoor) async throws {
        try await IsolationGround.with(mode, leases: 1) { ground in
            let before = try await ground.fingerprint(of: ground.a)
            let expected = try await state(ground, door)
            #expect(expected.refusal == nil && expected.shows(IsolationTenant.canary), "\(expected.message)")
            let known = try await roles(ground)
            for attack in Self.hostile + (door == .open ? [] : Self.ofEveryRole) {
                let statements = attack.map { $0.replacing("$A", with: ground.a.id.description) }
                for tail in [[], ["SELECT t::text FROM conversations.customer_profiles AS t"]] {
                    let outcome = try await ground.run(statements + tail, door, as: "conversations", ground.b)
                    #expect(!outcome.shows(IsolationTenant.canary), "\(attack)")
                    #expect(try await state(ground, door).bytes == expected.bytes, "after \(attack)")
                    #expect(try await ground.fingerprint(of: ground.a) == before, "after \(attack)")
                }
            }
            #expect(try await roles(ground) == known)
            // Its password is still the one the kernel derives.
            try await ground.asModule { lease in _ = try await lease.run("SELECT 1") }
        }
    }

    /// What tenant A finds on the connection: its rows, the connection's settings, statements, cursors and channels.
    private func state(_ ground: IsolationGround, _ door: IsolationDoor) async throws -> IsolationOutcome {
        try await ground.run(
            [
                "SELECT t::text FROM conversations.customer_profiles AS t ORDER BY 1",
                """
                SELECT s.name || '=' || s.setting FROM pg_settings AS s
                WHERE s.name !~ '^(backtrace_functions|transaction_|session_preload)' ORDER BY 1
                """,
                "SELECT current_user::text || ' ' || session_user::text || ' ' || core.tenant_id()::text",
                "SELECT c.name FROM pg_cursors AS c", "SELECT pg_listening_channels()",
                "SELECT p.name FROM pg_prepared_statements AS p WHERE p.statement LIKE '%stolen%'",
                "SELECT c.relname::text FROM pg_class AS c WHERE c.relpersistence = 't'",
                "SELECT l::text FROM pg_locks AS l WHERE (locktype = 'advisory' OR mode = 'AccessExclusiveLock') AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            ], door, as: "conversations", ground.a)
    }

    /// Every role with its attributes and its defaults. Passwords are left out: a bootstrap elsewhere salts them anew.
    private func roles(_ ground: IsolationGround) async throws -> [String] {
        try await ground.database.asSuperuser { admin in
            try await admin.run(
                """
                SELECT r::text || coalesce(s.setconfig::text, '') AS role
                FROM pg_roles AS r
                LEFT JOIN pg_db_role_setting AS s ON s.setrole = r.oid
                WHERE r.rolname ~ '^romashka_'
                ORDER BY 1
                """
            ).rows.map { try $0.get("role", as: String.self) }
        }
    }

    @Test(
        "each verb that does more than rows is refused before it is sent", arguments: [IsolationDoor.shared, .leased])
    func refusedByTheDoor(door: IsolationDoor) async throws {
        try await IsolationGround.with(.privileged) { ground in
            for attack in Self.ofEveryRole + [
                ["COMMIT"], ["SET a.b = 1"], ["LOCK TABLE conversations.messages"], ["LISTEN x"],
            ] {
                let outcome = try await ground.run(attack, door, as: "conversations", ground.b)
                #expect(outcome.refusal == "statement_refused", "\(attack)")
            }
        }
    }

    @Test("text made at run time does not reach the shared connection")
    func unsafeTextIsRefused() async throws {
        try await IsolationGround.with(.privileged) { ground in
            let name = try #require(ModuleName("conversations"))
            let tx = ground.databases.database(of: name).open(ground.b.session, mode: .write)
            let outcome = await IsolationOutcome.of { _ in _ = try await tx.rows("SELECT \(unsafeSQL: "1")") }
            #expect(outcome.refusal == "statement_refused")
        }
    }
}
