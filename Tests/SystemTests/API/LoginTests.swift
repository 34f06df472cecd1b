import Foundation
import Identity
import NIOHTTP1
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// Logging in: throttling, passwords, and the list of logins.
@Suite("Login")
struct LoginTests {
    @Test("After ten wrong attempts the right password waits too; another account does not")
    func throttling() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            try await site.add("linus", role: "agent")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<14 { group.addTask { try await site.login("grace", password: "wrong").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 401 }.count == 10 && statuses.filter { $0 == 429 }.count == 4)
            let refused = try await site.login("grace")
            #expect(refused.status == 429 && refused.code == "too_many_attempts")
            #expect((Int(refused.headers["Retry-After"].first ?? "") ?? 0) > 0)
            #expect(try await site.login("linus").status == 200)
            // An address nobody has waits in the same way.
            for _ in 0..<10 { #expect(try await site.login("nobody").status == 401) }
            #expect(try await site.login("nobody").status == 429)
        }
    }

    @Test("The right password forgets the wrong ones before it")
    func forgetting() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            for _ in 0..<3 {
                for _ in 0..<8 { #expect(try await site.login("grace", password: "wrong").status == 401) }
                #expect(try await site.login("grace").status == 200)
            }
        }
    }

    @Test("A changed password ends every other login, a reset ends all")
    func passwords() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            let other = try await site.token("grace")
            let token = try await site.token("grace")
            let change: JSONValue = [
                "current_password": .string(PeopleSite.password), "new_password": "a better password",
            ]
            #expect(try await site.send("POST", "/me/password", change, token: token).status == 204)
            #expect(try await site.send("GET", "/me", token: other).status == 401)
            #expect(try await site.send("GET", "/me", token: token).status == 200)
            #expect(try await site.login("grace").status == 401)

            let reset = try await site.send("POST", "/members/\(id)/password-reset")
            let confirmation: JSONValue = [
                "token": reset.json["token"] ?? .null, "password": "a third password",
            ]
            let path = "/v1/auth/password-resets/confirm"
            #expect(try await site.client.send("POST", path, body: confirmation).status == 204)
            #expect(try await site.client.send("POST", path, body: confirmation).code == "reset_refused")
            #expect(try await site.send("GET", "/me", token: token).status == 401)
            #expect(try await site.login("grace", password: "a third password").status == 200)
        }
    }

    @Test("People see and end their own logins, and all at once")
    func sessions() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let (first, second) = (try await site.token("grace"), try await site.token("grace"))
            let list = try await site.send("GET", "/me/sessions", token: first)
            let logins = list.json["data"]?.array ?? []
            #expect(logins.count == 2 && logins.filter { $0["current"] == true }.count == 1)
            #expect(logins.allSatisfy { $0["address"] == "127.0.0.1" })
            let other = try #require(logins.first { $0["current"] == false }?["id"]?.string)
            #expect(try await site.send("DELETE", "/me/sessions/\(other)").status == 404)
            #expect(try await site.send("DELETE", "/me/sessions/\(other)", token: first).status == 204)
            #expect(try await site.send("GET", "/me", token: second).status == 401)
            let third = try await site.token("grace")
            #expect(try await site.send("POST", "/auth/logout-everywhere", token: first).status == 204)
            for token in [first, third] { #expect(try await site.send("GET", "/me", token: token).status == 401) }
        }
    }

    @Test("A refresh token that was exchanged a while ago ends the login, the one that came of it too")
    func reuse() async throws {
        try await PeopleSite.with { site in
            func refresh(_ token: JSONValue?) async throws -> TestClient.Answer {
                try await site.client.send("POST", "/v1/auth/refresh", body: ["refresh_token": token ?? .null])
            }
            let login = try await site.login("admin", password: "password-of-acme")
            let first = login.json["refresh_token"]
            let second = try await refresh(first).json["refresh_token"]
            // An answer that was lost a moment ago.
            #expect(try await refresh(first).json["refresh_token"] == second)
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.sessions SET rotated_at = rotated_at - interval '31 seconds'")
            }
            #expect(try await refresh(first).code == "refresh_refused")
            #expect(try await refresh(second).code == "refresh_refused")
            #expect(try await site.send("GET", "/me", token: login.json["access_token"]?.string).status == 401)
        }
    }

    @Test("A refresh that a suspended tenant refuses uses nothing up")
    func suspendedRefresh() async throws {
        try await PeopleSite.with { site in
            func refresh(_ token: JSONValue?) async throws -> TestClient.Answer {
                try await site.client.send("POST", "/v1/auth/refresh", body: ["refresh_token": token ?? .null])
            }
            let token = try await site.login("admin", password: "password-of-acme").json["refresh_token"]
            let tenants = site.test.platform.identity.tenants
            _ = try await tenants.setActive(false, site.tenant.id)
            #expect(try await refresh(token).code == "refresh_refused")
            _ = try await tenants.setActive(true, site.tenant.id)
            // As if that had been a while ago: a token that was used up then would be taken for a stolen one.
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.sessions SET rotated_at = rotated_at - interval '31 seconds'")
            }
            let refreshed = try await refresh(token)
            #expect(refreshed.status == 200, "\(refreshed.text)")
            #expect(try await refresh(refreshed.json["refresh_token"]).status == 200)
        }
    }

    @Test("Whoever was disabled and is let in again has to log in: no refresh token of before holds")
    func disabledRefresh() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            let login = try await site.login("grace")
            for status: JSONValue in ["disabled", "active"] {
                #expect(try await site.send("PATCH", "/members/\(id)", ["status": status]).status == 200)
            }
            let refreshed = try await site.client.send(
                "POST", "/v1/auth/refresh", body: ["refresh_token": login.json["refresh_token"] ?? .null])
            #expect(refreshed.code == "refresh_refused", "\(refreshed.text)")
            #expect(try await site.login("grace").status == 200)
        }
    }

    @Test("An account of the same address in another tenant keeps nobody from logging in without naming theirs")
    func sameAddress() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            for slug in ["other", "third"] {
                let other = try await site.test.tenant(slug)
                let made = try await site.send(
                    "POST", "/members",
                    [
                        "email": "grace@acme.example", "name": "Not Grace", "password": .string("password-\(slug)"),
                        "role": "agent",
                    ], token: other.token)
                #expect(made.status == 201, "\(made.text)")
            }
            func login(_ password: String) async throws -> TestClient.Answer {
                try await site.client.send(
                    "POST", "/v1/auth/login",
                    body: ["email": "grace@acme.example", "password": .string(password)])
            }
            let oldest = try await login(PeopleSite.password)
            #expect(oldest.status == 200 && oldest.json["tenant"]?["slug"] == "acme", "\(oldest.text)")
            #expect(try await login("password-other").json["tenant"]?["slug"] == "other")
            // Two are tried; whoever is behind them names the tenant.
            #expect(try await login("password-third").code == "login_refused")
            #expect(try await login("nothing of it").code == "login_refused")
            // An account that is its person's own comes first, however young.
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run(
                    """
                    UPDATE core.accounts
                    SET managed_by = NULL
                    WHERE email = 'grace@acme.example' AND managed_by = (SELECT id FROM core.tenants WHERE slug = 'third')
                    """)
            }
            #expect(try await login("password-third").json["tenant"]?["slug"] == "third")
            #expect(try await login(PeopleSite.password).json["tenant"]?["slug"] == "acme")
        }
    }

    @Test("Fifty refreshes at once give one session, and a foreign or future token none")
    func parallelRefresh() async throws {
        try await PeopleSite.with { site in
            let login = try await site.client.send(
                "POST", "/v1/auth/login",
                body: ["email": "admin@acme.example", "password": "password-of-acme"])
            let refresh = try #require(login.json["refresh_token"]?.string)
            let answers = try await withThrowingTaskGroup(of: TestClient.Answer.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await site.client.send(
                            "POST", "/v1/auth/refresh", body: ["refresh_token": .string(refresh)])
                    }
                }
                return try await group.reduce(into: [TestClient.Answer]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(Set(answers.map { $0.json["refresh_token"] ?? .null }).count == 1)
            let parts = refresh.split(separator: "_")
            let ahead = "\(parts[0])_\(parts[1])_\(parts[2])_9_\(parts[4])"
            let foreign = "\(parts[0])_\(parts[1])_\(LoginSessionID.make())_\(parts[3])_\(parts[4])"
            for text in [ahead, foreign] {
                let answer = try await site.client.send(
                    "POST", "/v1/auth/refresh", body: ["refresh_token": .string(text)])
                #expect(answer.code == "refresh_refused")
            }
        }
    }
}
