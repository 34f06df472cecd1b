import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatterySessionTests {
    /// Steps after `core.open` of tenant B. `$claimsA` are A's claims, `$mac` the MAC of B's token, `$tenantA` A's id,
    /// `$storedAsA` what this transaction stores, with A's claims in front.
    private static let attempts: [[String]] =
        ["backtrace_functions", "romashka.session", "session_preload_libraries"].flatMap { parameter in
            [
                ["SET \(parameter) = '$claimsA'"], ["SET LOCAL \(parameter) = '$claimsA'"],
                ["SET \(parameter) = '$claimsA$mac'"], ["SET LOCAL \(parameter) = '$storedAsA'"],
                ["SET LOCAL \(parameter) = ''"], ["SET LOCAL \(parameter) TO DEFAULT"], ["RESET \(parameter)"],
                ["SELECT set_config('\(parameter)', '$claimsA', true)"],
                ["SELECT set_config('\(parameter)', '$claimsA', false)"],
                ["SELECT pg_catalog.set_config(name, '$claimsA', true) FROM pg_settings WHERE name = '\(parameter)'"],
                ["UPDATE pg_settings SET setting = '$claimsA' WHERE name = '\(parameter)'"],
                ["ALTER ROLE CURRENT_USER SET \(parameter) = '$claimsA'"],
                ["SAVEPOINT s", "RESET \(parameter)"],
            ]
        } + [
            ["RESET ALL"], ["RESET ALL", "SET LOCAL romashka.session = '$claimsA$mac'"], ["DISCARD ALL"],
            ["SAVEPOINT s", "ROLLBACK TO s"], ["ROLLBACK AND CHAIN"], ["COMMIT AND CHAIN"],
            ["SET ROLE romashka_modules"], ["SET ROLE NONE"], ["RESET ROLE"], ["SET LOCAL ROLE romashka_owner"],
            ["SET ROLE romashka_keyholder"], ["SET ROLE romashka_searcher"], ["SET ROLE romashka_auth"],
            ["SET ROLE romashka_worker"], ["SET ROLE romashka_operator"], ["SET ROLE romashka_o_conversations"],
            ["SET ROLE romashka_m_knowledge"], ["SET ROLE postgres"],
            ["SET SESSION AUTHORIZATION romashka_auth"], ["SET SESSION AUTHORIZATION DEFAULT"],
            ["SET LOCAL session_authorization = romashka_owner"], ["SET LOCAL role = romashka_owner"],
            ["SET LOCAL row_security = off"], ["SET LOCAL session_replication_role = replica"],
            ["SET LOCAL search_path = pg_temp, conversations, core"], ["SET LOCAL search_path = ''"],
            ["SET LOCAL plan_cache_mode = force_generic_plan"], ["SET LOCAL check_function_bodies = off"],
            ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"], ["SET CONSTRAINTS ALL DEFERRED"],
            ["GRANT romashka_owner TO CURRENT_USER"], ["GRANT romashka_auth TO romashka_m_conversations"],
            ["ALTER ROLE CURRENT_USER BYPASSRLS"], ["ALTER ROLE CURRENT_USER SUPERUSER"],
            ["ALTER ROLE CURRENT_USER SET row_security = off"], ["ALTER ROLE romashka_auth PASSWORD 'x'"],
        ]

    @Test("no step after the session was opened makes it another tenant's", arguments: IsolationGround.modes)
    func impostures(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let claims = String(ground.token(ground.a).dropLast(64))
            let mac = String(ground.token(ground.b).suffix(64))
            try await ground.asModule { lease in
                for steps in Self.attempts {
                    try await lease.run("BEGIN")
                    let outcome = await IsolationOutcome.of { outcome in
                        try await lease.run(ground.opening(ground.b))
                        let stored: String? = try await lease.run(
                            "SELECT current_setting('romashka.session', true) AS value"
                        ).first?.get("value")
                        for step in steps + Self.probes {
                            let text = step.replacing("$claimsA", with: claims).replacing("$mac", with: mac)
                                .replacing("$storedAsA", with: claims + (stored ?? mac).suffix(64))
                            try outcome.add(await lease.run(SQL(unsafeSQL: text)))
                        }
                    }
                    _ = try? await lease.run("ROLLBACK")
                    #expect(!outcome.shows(IsolationTenant.canary), "\(steps)")
                    #expect(!outcome.bytes.contains(ground.a.id.description), "\(steps)")
                }
            }
        }
    }

    @Test("nothing a module can read holds its token or the key", arguments: IsolationGround.modes)
    func keyStaysHidden(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let signer = SessionSigner(master: TestPlatform.master)
            let secrets = [String(ground.token(ground.b).suffix(64)), hex(signer.innerPad), hex(signer.outerPad)]
            try await ground.asModule { lease in
                let settings = try await ground.inSession(
                    [
                        "SELECT s::text FROM pg_settings AS s", "SELECT p::text FROM pg_prepared_statements AS p",
                        "SELECT c::text FROM pg_cursors AS c", "SHOW ALL",
                    ], lease, ground.b)
                #expect(settings.refusal == nil, "\(settings.message)")
                for secret in secrets { #expect(!settings.shows(secret)) }
                for statement in [
                    "SHOW session_preload_libraries", "SELECT current_setting('session_preload_libraries')",
                    "TABLE core.session_keys", "SELECT inner_pad FROM core.session_keys",
                    "SELECT core.load_session_key('01')",
                ] {
                    let outcome = try await ground.inSession([statement], lease, ground.b)
                    #expect(["42501", "42883"].contains(outcome.refusal ?? ""), "\(statement)")
                }
            }
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    @Test("a plan made for one tenant serves another with its own rows", arguments: IsolationGround.modes)
    func cachedPlans(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for cache in ["auto", "force_generic_plan", "force_custom_plan"] {
                try await ground.asModule(parameters: ["plan_cache_mode": cache]) { lease in
                    try await lease.run(
                        "PREPARE everything AS SELECT t::text FROM conversations.customer_profiles AS t")
                    try await lease.run(
                        """
                        PREPARE one (uuid) AS
                        SELECT t::text FROM conversations.customer_profiles AS t WHERE tenant_id = $1
                        """)
                    for round in 0..<30 {
                        let (own, other) = round % 10 < 8 ? (ground.a, ground.b) : (ground.b, ground.a)
                        let seen = try await ground.inSession(
                            ["EXECUTE everything", "EXECUTE one ('\(other.id)')"], lease, own)
                        #expect(seen.touched == 1 && seen.shows(own.word) && !seen.shows(other.word))
                    }
                }
            }
        }
    }

    @Test("parallel workers see the session's rows and no others", arguments: IsolationGround.modes)
    func parallelWorkers(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let version = try await ground.database.asSuperuser { admin in
                for tenant in [ground.a, ground.b] {
                    try await admin.run(
                        """
                        INSERT INTO conversations.customer_profiles (tenant_id, id, name)
                        SELECT \(tenant.id), gen_random_uuid(), \(tenant.word) FROM generate_series(1, 3000)
                        """)
                }
                return try await admin.serverVersion()
            }
            let force = version >= 160_000 ? "debug_parallel_query" : "force_parallel_mode"
            try await ground.asModule { lease in
                let seen = try await ground.inSession(
                    [
                        "SET LOCAL \(force) = on", "SET LOCAL parallel_setup_cost = 0",
                        "SET LOCAL parallel_tuple_cost = 0", "SET LOCAL min_parallel_table_scan_size = 0",
                        "SELECT DISTINCT name FROM conversations.customer_profiles",
                        "SELECT count(*)::text FROM conversations.customer_profiles",
                    ], lease, ground.b)
                #expect(
                    seen.refusal == nil && seen.shows(IsolationTenant.plain) && seen.shows("3001"), "\(seen.message)")
                #expect(!seen.shows(IsolationTenant.canary))
            }
        }
    }
}
