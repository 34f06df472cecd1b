import Cryptography
import PluginKit
import Postgres
import TestKit
import Testing

/// What becomes of a proof while the account changes: a login, another password, a reset.
@Suite("Logins and changes at once")
struct LoginRaceTests {
    private static let other = "quite another one"

    private static func hash(_ password: String, logarithm: Int = 10) throws -> String {
        let cost = try #require(ScryptCost(logarithm: logarithm, blockSize: 8, parallelization: 1))
        return try PasswordHash(hashing: try Password(password), cost: cost).text
    }

    private static func setPassword(_ hash: String) -> SQL {
        "UPDATE core.accounts SET password_hash = \(hash) WHERE email = 'grace@acme.example'"
    }

    /// Something that happens to an account.
    enum Change: String, CaseIterable {
        case password
        case secondFactor
        case disabled

        func statement() throws -> SQL {
            switch self {
            case .password: LoginRaceTests.setPassword(try LoginRaceTests.hash(LoginRaceTests.other))
            case .secondFactor:
                """
                UPDATE core.accounts
                SET totp_salt = decode(repeat('00', 16), 'hex'), totp_confirmed_at = now()
                WHERE email = 'grace@acme.example'
                """
            case .disabled:
                """
                WITH held AS (
                    SELECT id
                    FROM core.accounts
                    WHERE email = 'grace@acme.example'
                    FOR NO KEY UPDATE
                )
                UPDATE core.profiles AS p
                SET status = 'disabled', epoch = p.epoch + 1
                FROM held
                WHERE p.account_id = held.id
                """
            }
        }
    }

    @Test("A login that was proved before the account changed does not begin after it", arguments: Change.allCases)
    func proofs(change: Change) async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            let answer = try await site.answer(while: try change.statement()) { try await site.login("grace") }
            #expect(answer.status == 401 && answer.code == "login_refused", "\(answer.text)")
            let logins = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT id FROM core.sessions WHERE profile_id::text = \(id)")
            }
            #expect(logins.isEmpty)
        }
    }

    @Test("An old password that is hashed anew does not replace the one chosen meanwhile")
    func rehash() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let old = Self.setPassword(try Self.hash(PeopleSite.password, logarithm: 11))
            try await site.test.database.asSuperuser { admin in _ = try await admin.run(old) }
            let answer = try await site.answer(while: Self.setPassword(try Self.hash(Self.other))) {
                try await site.login("grace")
            }
            #expect(answer.code == "login_refused", "\(answer.text)")
            #expect(try await site.login("grace", password: Self.other).status == 200)
        }
    }

    @Test("Of many who log in at once while their password is hashed anew, all get in")
    func rehashAtOnce() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let old = Self.setPassword(try Self.hash(PeopleSite.password, logarithm: 11))
            try await site.test.database.asSuperuser { admin in _ = try await admin.run(old) }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 { group.addTask { try await site.login("grace").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 200 }, "\(statuses)")
        }
    }

    @Test("Who changes a password by one that is no longer right changes nothing")
    func change() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let token = try await site.token("grace")
            let body: JSONValue = [
                "current_password": .string(PeopleSite.password), "new_password": "a third password",
            ]
            let answer = try await site.answer(while: Self.setPassword(try Self.hash(Self.other))) {
                try await site.send("POST", "/me/password", body, token: token)
            }
            #expect(answer.status == 401 && answer.code == "login_refused", "\(answer.text)")
            #expect(try await site.login("grace", password: "a third password").status == 401)
            #expect(try await site.login("grace", password: Self.other).status == 200)
        }
    }

    @Test("A password is not changed by a proof without the second factor that came meanwhile")
    func changeUnasked() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let token = try await site.token("grace")
            let body: JSONValue = [
                "current_password": .string(PeopleSite.password), "new_password": .string(Self.other),
            ]
            let answer = try await site.answer(while: try Change.secondFactor.statement()) {
                try await site.send("POST", "/me/password", body, token: token)
            }
            #expect(answer.status == 401 && answer.code == "login_refused", "\(answer.text)")
            #expect(try await site.login("grace").code == "second_factor_required")
        }
    }

    @Test("Who prepares a second factor by a password that is no longer right prepares nothing")
    func preparing() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let token = try await site.token("grace")
            let proof: JSONValue = ["password": .string(PeopleSite.password)]
            let answer = try await site.answer(while: Self.setPassword(try Self.hash(Self.other))) {
                try await site.send("POST", "/me/second-factor", proof, token: token)
            }
            #expect(answer.status == 401 && answer.code == "login_refused", "\(answer.text)")
            let prepared = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT FROM core.accounts WHERE totp_salt IS NOT NULL").count
            }
            #expect(prepared == 0)
        }
    }

    @Test("Who removes a second factor by a password that is no longer right leaves it and its codes")
    func removing() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let token = try await site.token("grace")
            let codes = try await LoginTests.addFactor(site, token).recovery
            let proof: JSONValue = ["password": .string(PeopleSite.password), "code": .string(codes[0])]
            let answer = try await site.answer(while: Self.setPassword(try Self.hash(Self.other))) {
                try await site.send("POST", "/me/second-factor/remove", proof, token: token)
            }
            #expect(answer.status == 401 && answer.code == "login_refused", "\(answer.text)")
            #expect(try await site.login("grace", password: Self.other).code == "second_factor_required")
            #expect(try await site.login("grace", password: Self.other, code: codes[1]).status == 200)
        }
    }

    @Test("A second factor that came while its removal was proved without it stays")
    func removingUnasked() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let token = try await site.token("grace")
            let proof: JSONValue = ["password": .string(PeopleSite.password)]
            let answer = try await site.answer(while: try Change.secondFactor.statement()) {
                try await site.send("POST", "/me/second-factor/remove", proof, token: token)
            }
            #expect(answer.status == 401 && answer.code == "login_refused", "\(answer.text)")
            #expect(try await site.login("grace").code == "second_factor_required")
        }
    }

    @Test("A reset gives the password and ends the logins at one moment")
    func reset() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            let token = try await site.token("grace")
            let reset = try await site.send("POST", "/members/\(id)/password-reset")
            let body: JSONValue = ["token": reset.json["token"] ?? .null, "password": .string(Self.other)]
            @Sendable func state() async throws -> String {
                try await site.test.database.asSuperuser { admin in
                    let row = try await admin.run(
                        """
                        SELECT a.password_hash || count(r.used_at) AS state
                        FROM core.accounts a
                        JOIN core.password_resets r ON r.account_id = a.id
                        WHERE a.email = 'grace@acme.example'
                        GROUP BY a.id
                        """)
                    return try #require(row.first).get("state")
                }
            }
            let before = try await state()
            let held: SQL = "SELECT FROM core.sessions FOR UPDATE"
            let answer = try await site.answer(while: held) {
                try await site.client.send("POST", "/v1/auth/password-resets/confirm", body: body)
            } looking: {
                let now = try await state()
                #expect(now == before)
            }
            #expect(answer.status == 204, "\(answer.text)")
            #expect(try await site.send("GET", "/me", token: token).status == 401)
            #expect(try await site.login("grace", password: Self.other).status == 200)
        }
    }
}
