import Migrations
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// The session in the database against SQL that wants another one.
@Suite("IsolationBattery: session")
struct IsolationBatterySessionTests {
    /// What a module's role must not be able to do, wherever it runs.
    static let hostile = [
        "SELECT set_config('backtrace_functions', $claims, true)",
        "SELECT set_config('romashka.session', $claims, true)",
        "SET backtrace_functions = $claims",
        "SET LOCAL backtrace_functions = $claims",
        "ALTER ROLE CURRENT_USER SET backtrace_functions = $claims",
        "UPDATE pg_catalog.pg_settings SET setting = $claims WHERE name = 'backtrace_functions'",
        "SELECT core.open($claims)",
        "SET ROLE romashka_owner",
        "SET ROLE romashka_auth",
        "SET ROLE romashka_keyholder",
        "SET SESSION AUTHORIZATION postgres",
        "SELECT * FROM core.session_keys",
        "SHOW session_preload_libraries",
        "SELECT * FROM core.accounts",
        "SELECT * FROM core.tenants",
        "SELECT * FROM core.sessions",
        "SELECT * FROM core.operator_tokens",
        "SELECT rolpassword FROM pg_catalog.pg_authid",
        "SELECT query FROM pg_catalog.pg_stat_activity",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_cancel_backend(1)",
        "SELECT lo_create(0)",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "CREATE TEMP TABLE trap (id int)",
        "CREATE TABLE conversations.trap (id int)",
        "CREATE FUNCTION conversations.trap() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA trap",
        "DO $$ BEGIN PERFORM 1; END $$",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT pg_notify('x', 'y')",
        "SELECT pg_export_snapshot()",
        "SELECT query_to_xml('SELECT 1', true, true, '')",
        "DROP OWNED BY CURRENT_USER CASCADE; SELECT 1/0",
        "SELECT core.record_migration('conversations', 99, 'x', '\\x00', 1)",
        "SELECT core.protect_module('conversations')",
        "SELECT core.record_change('tenant', NULL, 'x')",
        "SELECT bootstrap.create_module('trap')",
        "SELECT pg_create_logical_replication_slot('x', 'test_decoding')",
        "CREATE PUBLICATION trap FOR ALL TABLES",
        "COPY conversations.conversations TO PROGRAM 'cat'",
        "COPY conversations.conversations TO '/tmp/x'",
        "PREPARE TRANSACTION 'trap'",
        "LOCK TABLE core.tenants",
        "ALTER TABLE conversations.conversations NO FORCE ROW LEVEL SECURITY",
    ]

    @Test("Hostile statements are refused", arguments: [Bootstrap.SessionMode.privileged, .mac])
    func hostileStatementsAreRefused(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let seed = try await IsolationSeed.plant(test)
            let claims =
                "'\(seed.a.id.description.replacing("-", with: "")),m,\(String(repeating: "0", count: 32)),w,9999999999,01,admin'"
            let before = try await IsolationBatteryDatabaseRoleTests.fingerprint(of: seed.a.id, test)
            for statement in Self.hostile {
                let tx = try IsolationBatteryDatabaseRoleTests.open("conversations", seed.b, test)
                let sql = statement.replacing("$claims", with: claims)
                await #expect(throws: (any Error).self, "\(statement)") {
                    _ = try await tx.leased { tx in
                        _ = try await tx.rows("\(unsafeSQL: sql)")
                        // A parameter that anybody may set must not have opened anything: in this session A is invisible.
                        let seen = try await tx.rows(
                            "SELECT count(*) AS count FROM conversations.conversations WHERE tenant_id = \(seed.a.id)")
                        if try seen.first?.get("count", as: Int.self) == 0 { throw Problem.notFound }
                    }
                }
            }
            #expect(try await IsolationBatteryDatabaseRoleTests.fingerprint(of: seed.a.id, test) == before)
        }
    }

    @Test(
        "Forged, altered, expired and repeated tokens open nothing",
        arguments: [Bootstrap.SessionMode.privileged, .mac])
    func badTokensAreRefused(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let seed = try await IsolationSeed.plant(test)
            let signer = SessionSigner(master: TestPlatform.master)
            let claims = SessionClaims(tenant: seed.b.id, actor: seed.b.session.actor, mode: .write)
            let good = signer.token(claims)
            let hexA = seed.a.id.description.replacing("-", with: "")
            let bad: [String] = [
                "", "x", String(good.dropLast()), good + "0", String(good.dropFirst()), good.uppercased(),
                hexA + good.dropFirst(32), String(good.dropLast(64)) + String(repeating: "0", count: 64),
                signer.token(claims, now: Timestamp.now().advanced(by: .seconds(-3600))),
                SessionSigner(master: TestPlatform.master, keyID: 2).token(claims), good.replacing(",w,", with: ",r,"),
            ]
            let credentials = test.platform.databases.credentials
            let settings = credentials.settings(as: "romashka_m_conversations")
            try await AdminConnection.use(
                settings, reactor: test.database.server.reactor, logger: test.database.server.logger
            ) {
                connection in
                for token in bad {
                    await #expect(throws: DatabaseError.self, "\(token)") {
                        try await connection.transaction { try await $0.run("SELECT core.open(\(token))") }
                    }
                }
                await #expect(throws: DatabaseError.self, "a second session in one transaction") {
                    try await connection.transaction { transaction in
                        try await transaction.run("SELECT core.open(\(good))")
                        try await transaction.run("SELECT core.open(\(good))")
                    }
                }
                await #expect(throws: DatabaseError.self, "no session at all") {
                    try await connection.run("SELECT count(*) AS count FROM conversations.conversations")
                }
            }
        }
    }

    @Test(
        "Claims that hostile SQL stashed do not open a later transaction",
        arguments: [Bootstrap.SessionMode.privileged, .mac])
    func stashedClaimsAreWorthless(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let seed = try await IsolationSeed.plant(test)
            let parameter = mode == .privileged ? "backtrace_functions" : "romashka.session"
            let stash = try IsolationBatteryDatabaseRoleTests.open("conversations", seed.a, test)
            let stolen = try await stash.leased { tx in
                try await tx.rows("\(unsafeSQL: "SELECT current_setting('\(parameter)') AS claims")").first?
                    .get("claims", as: String.self)
            }
            let claims = try #require(stolen)
            for replay in ["SET LOCAL \(parameter) = '\(claims)'", "SET SESSION \(parameter) = '\(claims)'"] {
                let tx = try IsolationBatteryDatabaseRoleTests.open("conversations", seed.b, test)
                await #expect(throws: (any Error).self, "\(replay)") {
                    _ = try await tx.leased { tx in
                        _ = try await tx.rows("\(unsafeSQL: replay)")
                        let seen = try await tx.rows(
                            "SELECT count(*) AS count FROM conversations.conversations WHERE tenant_id = \(seed.a.id)")
                        if try seen.first?.get("count", as: Int.self) == 0 { throw Problem.notFound }
                    }
                }
            }
        }
    }

    @Test("A session that reads cannot write", arguments: [Bootstrap.SessionMode.privileged, .mac])
    func readingSessionsCannotWrite(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let tenant = try await test.tenant("reader")
            let module = try #require(ModuleName("knowledge"))
            let tx = test.platform.databases.database(of: module).open(tenant.session, mode: .read)
            await #expect(throws: (any Error).self) {
                try await tx.execute(
                    """
                    INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
                    VALUES (\(tenant.id), \(ID<Void>.make()), 'x')
                    """)
            }
        }
    }
}
