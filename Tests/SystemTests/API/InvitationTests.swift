import Identity
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// Invitations: single use, expiring, and never a way into an account that is somebody else's.
@Suite("Invitations")
struct InvitationTests {
    private static func accept(
        _ site: PeopleSite, _ token: String, name: String = "Grace", password: String = PeopleSite.password
    ) async throws -> TestClient.Answer {
        try await site.client.send(
            "POST", "/v1/invitations/accept",
            body: ["token": .string(token), "name": .string(name), "password": .string(password)])
    }

    private static func invite(_ site: PeopleSite, token: String? = nil, role: String = "agent") async throws -> String
    {
        let answer = try await site.send(
            "POST", "/invitations", ["email": "grace@acme.example", "role": .string(role)], token: token)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.json["token"]?.string)
    }

    @Test("An invitation is accepted once, and logs in")
    func singleUse() async throws {
        try await PeopleSite.with { site in
            let token = try await Self.invite(site)
            let accepted = try await Self.accept(site, token)
            #expect(accepted.status == 201 && accepted.json["profile"]?["role"] == "agent", "\(accepted.text)")
            #expect(try await Self.accept(site, token).code == "invitation_refused")
            #expect(try await site.login("grace").status == 200)
        }
    }

    @Test("Of many who use one token at once, one gets in")
    func race() async throws {
        try await PeopleSite.with { site in
            let token = try await Self.invite(site)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await Self.accept(site, token).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 1 && statuses.allSatisfy { $0 < 500 }, "\(statuses)")
        }
    }

    @Test("A token that is expired, taken back, replaced, altered or of a suspended tenant does not hold")
    func refused() async throws {
        try await PeopleSite.with { site in
            let first = try await Self.invite(site)
            let second = try await Self.invite(site)
            #expect(try await Self.accept(site, first).code == "invitation_refused")
            #expect(try await Self.accept(site, String(second.dropLast()) + "x").code == "invitation_refused")
            _ = try await site.test.database.asSuperuser { admin in
                try await admin.run("UPDATE core.invitations SET expires_at = now() - interval '1 second'")
            }
            #expect(try await Self.accept(site, second).code == "invitation_refused")
            let third = try await Self.invite(site)
            let list = try await site.send("GET", "/invitations")
            let id = try #require(list.json["data"]?.array?.first?["id"]?.string)
            #expect(try await site.send("DELETE", "/invitations/\(id)").status == 204)
            #expect(try await Self.accept(site, third).code == "invitation_refused")
            let fourth = try await Self.invite(site)
            _ = try await site.test.platform.identity.tenants.setActive(false, site.tenant.id)
            #expect(try await Self.accept(site, fourth).code == "invitation_refused")
        }
    }

    /// Accepts an invitation as if its token had come by mail and nobody else had seen it.
    private static func acceptMailed(_ site: PeopleSite) async throws -> TestClient.Answer {
        let token = try await invite(site)
        try await site.test.database.asSuperuser { admin in
            _ = try await admin.run("UPDATE core.invitations SET mail_attempts = 1 WHERE accepted_at IS NULL")
        }
        return try await accept(site, token)
    }

    @Test("An account by an invitation that somebody else has seen belongs to the tenant and opens no other")
    func seenInvitations() async throws {
        try await PeopleSite.with { site in
            // The admin of acme has seen the token, and chooses the password.
            let accepted = try await Self.accept(site, try await Self.invite(site))
            let id = try #require(accepted.json["profile"]?["id"]?.string)
            let other = try await site.test.tenant("other")
            let token = try await Self.invite(site, token: other.token)
            let joined = try await Self.accept(site, token, password: "a password of her own")
            #expect(joined.status == 201, "\(joined.text)")
            let login: JSONValue = [
                "email": "grace@acme.example", "password": .string(PeopleSite.password), "tenant": "other",
            ]
            #expect(try await site.client.send("POST", "/v1/auth/login", body: login).code == "login_refused")
            #expect(try await site.send("POST", "/members/\(id)/password-reset").status == 200)
        }
    }

    @Test("Who has an account of their own keeps its password, and must know it")
    func ownAccounts() async throws {
        try await PeopleSite.with { site in
            #expect(try await Self.acceptMailed(site).status == 201)
            let other = try await site.test.tenant("other")
            let token = try await Self.invite(site, token: other.token)
            #expect(try await Self.accept(site, token, password: "another password").code == "login_refused")
            let joined = try await Self.accept(site, token)
            #expect(joined.status == 201 && joined.json["tenant"]?["slug"] == "other")
            // One password, two tenants: the tenant has to be named.
            let body: JSONValue = ["email": "grace@acme.example", "password": .string(PeopleSite.password)]
            #expect(try await site.client.send("POST", "/v1/auth/login", body: body).code == "login_refused")
        }
    }

    @Test("An account that an admin made never opens another tenant")
    func preparedAccounts() async throws {
        try await PeopleSite.with { site in
            // The admin of acme knows this password.
            try await site.add("grace", role: "agent")
            let other = try await site.test.tenant("other")
            let token = try await Self.invite(site, token: other.token)
            let joined = try await Self.accept(site, token, password: "a password of her own")
            #expect(joined.status == 201)
            let login: JSONValue = [
                "email": "grace@acme.example", "password": .string(PeopleSite.password), "tenant": "other",
            ]
            #expect(try await site.client.send("POST", "/v1/auth/login", body: login).code == "login_refused")
            #expect(try await site.login("grace").status == 200)
        }
    }

    @Test("A52: The invitation of one tenant opens no other, and its admins cannot reset an account that is not theirs")
    func boundToTenant() async throws {
        try await PeopleSite.with { site in
            let accepted = try await Self.acceptMailed(site)
            let id = try #require(accepted.json["profile"]?["id"]?.string)
            #expect(accepted.json["tenant"]?["slug"] == "acme")
            let other = try await site.test.tenant("other")
            #expect(try await site.send("POST", "/members/\(id)/password-reset", token: other.token).status == 404)
            #expect(try await site.send("POST", "/members/\(id)/password-reset").code == "account_not_managed")
        }
    }
}
