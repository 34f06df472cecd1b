import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What hostile SQL of a module's role can do to the session: nothing that lets it see another tenant.
@Suite("IsolationBattery: session")
struct IsolationBatterySessionTests {
    /// What is asked after each attempt to become somebody else.
    static let probes = [
        "SELECT t::text FROM conversations.customer_profiles AS t",
        "SELECT core.tenant_id()::text",
    ]

    @Test("without a session every statement raises: it never means no rows", arguments: IsolationGround.modes)
    func noSession(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for table in ground.moduleTables {
                let rows = try await ground.rows(of: ground.b, in: table)
                let insertion = try #require(IsolationAttack.all.first { $0.name == "insert" })
                let statements = [
                    "SELECT 1 FROM \(table.text)", "UPDATE \(table.text) SET \(table.changeable) = \(table.changeable)",
                    "DELETE FROM \(table.text)", "SELECT 1 FROM \(table.text) FOR UPDATE",
                ]
                for statement in statements + insertion.statements(on: table, victim: rows, attacker: rows) {
                    let outcome = try await ground.asModule(table.module) { lease in
                        try await ground.inSession([statement], lease, ground.b, opens: false)
                    }
                    let states = mode == .mac ? ["28000", "42501"] : ["22P02", "42501"]
                    #expect(states.contains(outcome.refusal ?? ""), "\(statement): \(outcome.message)")
                }
            }
        }
    }

    @Test("a forged, altered or old token opens nothing", arguments: IsolationGround.modes)
    func forgedTokens(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.asModule { lease in
                for (name, token) in forgeries(ground) {
                    try await lease.run("BEGIN")
                    let refused = await IsolationOutcome.of { _ in try await lease.run("SELECT core.open(\(token))") }
                    _ = try? await lease.run("ROLLBACK")
                    #expect(refused.refusal != nil, "\(name)")
                    #expect(!refused.message.contains(String(ground.token(ground.a).suffix(64))), "\(name)")
                    let after = try await ground.inSession(Self.probes, lease, ground.b, opens: false)
                    #expect(after.refusal != nil && !after.shows(IsolationTenant.canary), "\(name)")
                }
                let null = await IsolationOutcome.of { _ in try await lease.run("SELECT core.open(NULL)") }
                #expect(null.refusal == "28000")
            }
        }
    }

    /// Tokens for tenant A that somebody could make who has one of tenant B.
    private func forgeries(_ ground: IsolationGround) -> [(String, String)] {
        let token = ground.token(ground.b)
        let claims = String(token.dropLast(64))
        let mac = String(token.suffix(64))
        let ofA = String(ground.token(ground.a).dropLast(64))
        func edited(_ offset: Int, _ text: String) -> String {
            String(token.prefix(offset)) + text + String(token.dropFirst(offset + text.count))
        }
        return [
            ("other tenant, old MAC", ofA + mac), ("only the tenant exchanged", edited(0, String(ofA.prefix(32)))),
            ("MAC of zeros", ofA + String(repeating: "0", count: 64)), ("no MAC", ofA), ("empty", ""),
            ("only a MAC", mac),
            ("truncated", String(token.dropLast())), ("longer", token + "0"),
            ("other last digit", String(token.dropLast()) + (token.last == "0" ? "1" : "0")),
            ("upper-case MAC", claims + mac.uppercased()),
            ("upper-case tenant", edited(0, String(token.prefix(32)).uppercased())), ("space before", " " + token),
            ("line feed after", token + "\n"), ("twice", token + token), ("other kind", edited(33, "s")),
            ("other mode", edited(68, "x")), ("later expiry", edited(70, "9999999999")), ("key 00", edited(81, "00")),
            ("key 99", edited(81, "99")), ("key that is no number", edited(81, "é%")),
            ("other role", claims + "s" + mac),
            ("wide letters", String(repeating: "ß", count: 200)), ("long", String(repeating: "0", count: 100_000)),
            ("expired", ground.token(ground.b, now: Timestamp.now().advanced(by: .seconds(-120)))),
        ]
    }

    @Test("a session is opened once in a transaction and ends with it", arguments: IsolationGround.modes)
    func openedOnce(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.asModule { lease in
                for second in [ground.a, ground.b] {
                    try await lease.run("BEGIN")
                    try await lease.run(ground.opening(ground.b))
                    let outcome = await IsolationOutcome.of { _ in try await lease.run(ground.opening(second)) }
                    #expect(outcome.refusal == "28000")
                    _ = try? await lease.run("ROLLBACK")
                }
                for end in ["COMMIT", "ROLLBACK"] {
                    try await lease.run("BEGIN")
                    try await lease.run(ground.opening(ground.b))
                    try await lease.run(SQL(unsafeSQL: end))
                    let after = try await ground.inSession(Self.probes, lease, ground.b, opens: false)
                    #expect(after.refusal != nil, "after \(end)")
                }
                // What a savepoint takes back was never opened.
                try await lease.run("BEGIN")
                try await lease.run("SAVEPOINT before")
                try await lease.run(ground.opening(ground.a))
                try await lease.run("ROLLBACK TO before")
                let outcome = await IsolationOutcome.of { outcome in
                    for probe in Self.probes { try outcome.add(await lease.run(SQL(unsafeSQL: probe))) }
                }
                #expect(outcome.refusal != nil && !outcome.shows(IsolationTenant.canary))
                _ = try? await lease.run("ROLLBACK")
            }
        }
    }

    @Test("a session that reads cannot be made to write", arguments: IsolationGround.modes)
    func readOnly(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            try await ground.asModule { lease in
                let attempts = [
                    [], ["SET TRANSACTION READ WRITE"], ["SET LOCAL transaction_read_only = off"],
                    ["SET LOCAL default_transaction_read_only = off"], ["SAVEPOINT s", "SET TRANSACTION READ WRITE"],
                    ["RESET ALL"], ["UPDATE pg_settings SET setting = 'off' WHERE name = 'transaction_read_only'"],
                ]
                for attempt in attempts {
                    try await lease.run("BEGIN")
                    let outcome = await IsolationOutcome.of { outcome in
                        try await lease.run(ground.opening(ground.b, mode: .read))
                        for statement in attempt { try await lease.run(SQL(unsafeSQL: statement)) }
                        try outcome.add(await lease.run("DELETE FROM conversations.conversation_tags"))
                    }
                    #expect(outcome.refusal != nil && outcome.touched == 0, "\(attempt)")
                    _ = try? await lease.run("ROLLBACK")
                }
            }
        }
    }

    @Test("what one tenant's transaction knew is worth nothing in another's", arguments: IsolationGround.modes)
    func stashAndReplay(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let parameters = ["backtrace_functions", "romashka.session"]
            try await ground.asModule { lease in
                for parameter in parameters {
                    // Stashed by SQL in A's own session, on this very connection.
                    try await lease.run("BEGIN")
                    try await lease.run(ground.opening(ground.a))
                    let stash: String? = try await lease.run("SELECT current_setting(\(parameter), true) AS value")
                        .first?.get("value")
                    try await lease.run("COMMIT")
                    for scope in ["LOCAL", "SESSION"] {
                        let replay = ["SET \(scope) \(parameter) = '\(stash ?? "")'"] + Self.probes
                        for opens in [true, false] {
                            let here = try await ground.inSession(replay, lease, ground.b, opens: opens)
                            #expect(!here.shows(IsolationTenant.canary) && !here.shows(ground.a.id.description))
                            let elsewhere = try await ground.asModule { other in
                                try await ground.inSession(replay, other, ground.b, opens: opens)
                            }
                            #expect(!elsewhere.shows(IsolationTenant.canary))
                            #expect(!elsewhere.shows(ground.a.id.description))
                        }
                    }
                }
            }
        }
    }

    @Test("what one tenant leaves behind on a connection does not stop the next", arguments: IsolationGround.modes)
    func leftovers(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let long = String(repeating: "x", count: 5000)
            for value in ["", "x", String(repeating: "0", count: 149), long, "ßß\(long)"] {
                try await ground.asModule { lease in
                    try await lease.run("BEGIN")
                    try await lease.run(ground.opening(ground.b))
                    try await lease.run(SQL(unsafeSQL: "SET SESSION romashka.session = '\(value)'"))
                    try await lease.run("COMMIT")
                    let next = try await ground.inSession(Self.probes, lease, ground.a)
                    #expect(
                        next.refusal == nil && next.shows(IsolationTenant.canary),
                        "\(value.prefix(20)): \(next.message)")
                    #expect(!next.shows(IsolationTenant.plain))
                }
            }
        }
    }
}
