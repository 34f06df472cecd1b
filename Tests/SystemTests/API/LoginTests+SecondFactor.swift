import Cryptography
import Foundation
import PluginKit
import Postgres
import TestKit
import Testing

/// Second factors.
extension LoginTests {
    /// The code an authenticator app shows at a step from now.
    static func code(_ secret: String, offset: Int64 = 0) throws -> String {
        var bytes: [UInt8] = []
        var (buffer, bits) = (0, 0)
        for character in secret.utf8 {
            let value = character >= 65 ? Int(character) - 65 : Int(character) - 24
            (buffer, bits) = ((buffer << 5 | value) & 0xFFFF, bits + 5)
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        let step = Int64(Date().timeIntervalSince1970) / OneTimeCode.stepLength + offset
        return try OneTimeCode.code(secret: bytes, step: step)
    }

    /// Adds a second factor to a person who is logged in; answers the secret, the recovery codes and the code that was
    /// used for it.
    static func addFactor(
        _ site: PeopleSite, _ token: String
    ) async throws -> (secret: String, recovery: [String], used: String) {
        let prepared = try await site.send(
            "POST", "/me/second-factor", ["password": .string(PeopleSite.password)], token: token)
        #expect(prepared.status == 201, "\(prepared.text)")
        let secret = try #require(prepared.json["secret"]?.string)
        #expect(prepared.json["url"]?.string?.contains("secret=\(secret)") == true)
        func confirm(_ code: String) async throws -> TestClient.Answer {
            try await site.send("POST", "/me/second-factor/confirm", ["code": .string(code)], token: token)
        }
        var used = try code(secret, offset: -1)
        var confirmed = try await confirm(used)
        // Between the code and its check a new step may have begun, for which that code is too old.
        if confirmed.code == "code_refused" {
            used = try code(secret, offset: -1)
            confirmed = try await confirm(used)
        }
        #expect(confirmed.status == 200, "\(confirmed.text)")
        return (secret, (confirmed.json["recovery_codes"]?.array ?? []).compactMap(\.string), used)
    }

    @Test("A second factor is asked for, counted once, and ends logins begun without it")
    func secondFactor() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let earlier = try await site.token("grace")
            let token = try await site.token("grace")
            let (secret, _, used) = try await Self.addFactor(site, token)
            #expect(try await site.send("GET", "/me", token: earlier).status == 401)
            #expect(try await site.send("GET", "/me", token: token).status == 200)
            #expect(try await site.login("grace").code == "second_factor_required")
            #expect(try await site.login("grace", password: "wrong").code == "login_refused")
            #expect(try await site.login("grace", code: "000000").code == "login_refused")
            // The code that confirmed it is used up, and so is each that follows.
            #expect(try await site.login("grace", code: used).code == "login_refused")
            let code = try Self.code(secret, offset: 1)
            let login = try await site.login("grace", code: code)
            #expect(login.status == 200)
            #expect(try await site.login("grace", code: code).code == "login_refused")
            let list = try await site.send("GET", "/me/sessions", token: login.json["access_token"]?.string)
            #expect(list.json["data"]?.array?.first?["second_factor"] == true)
        }
    }

    @Test("A recovery code opens once; removing the factor needs password and code")
    func recoveryCodes() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let token = try await site.token("grace")
            let codes = try await Self.addFactor(site, token).recovery
            #expect(codes.count == 10 && Set(codes).count == 10)
            #expect(try await site.login("grace", code: codes[0].lowercased()).status == 200)
            #expect(try await site.login("grace", code: codes[0]).code == "login_refused")
            let proof: [JSONValue.Member] = [.init("password", .string(PeopleSite.password))]
            #expect(
                try await site.send("POST", "/me/second-factor/remove", .object(proof), token: token).status == 401)
            let whole = JSONValue.object(proof + [.init("code", .string(codes[1]))])
            #expect(try await site.send("POST", "/me/second-factor/remove", whole, token: token).status == 204)
            #expect(try await site.login("grace").status == 200)
        }
    }

    @Test("A second factor is confirmed in so many attempts, and within a quarter of an hour")
    func confirmation() async throws {
        try await PeopleSite.with { site in
            for name in ["grace", "linus"] { try await site.add(name, role: "agent") }
            func prepare(_ name: String) async throws -> (token: String, secret: String) {
                let token = try await site.token(name)
                let prepared = try await site.send(
                    "POST", "/me/second-factor", ["password": .string(PeopleSite.password)], token: token)
                return (token, try #require(prepared.json["secret"]?.string))
            }
            func confirm(_ code: String, _ token: String) async throws -> TestClient.Answer {
                try await site.send("POST", "/me/second-factor/confirm", ["code": .string(code)], token: token)
            }
            let grace = try await prepare("grace")
            for _ in 0..<10 { #expect(try await confirm("not it", grace.token).code == "code_refused") }
            let refused = try await confirm(try Self.code(grace.secret), grace.token)
            #expect(refused.status == 429 && refused.code == "too_many_attempts")
            let linus = try await prepare("linus")
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run(
                    "UPDATE core.accounts SET totp_prepared_at = totp_prepared_at - interval '16 minutes'")
            }
            #expect(try await confirm(try Self.code(linus.secret), linus.token).code == "code_refused")
            let again = try await prepare("linus")
            #expect(try await confirm(try Self.code(again.secret), again.token).status == 200)
        }
    }
}
