import PluginKit
import Tenancy
import TestKit
import Testing

/// Operators who act as members: reading unless they asked to write, for a reason, and on record.
@Suite("Impersonation")
struct ImpersonationTests {
    private static func begin(
        _ site: PeopleSite, mayWrite: Bool = false, reason: String = "Ticket 4711, the inbox is empty"
    )
        async throws -> TestClient.Answer
    {
        try await site.client.send(
            "POST", "/v1/operator/tenants/\(site.tenant.id)/impersonations", token: site.test.operatorToken,
            body: [
                "profile_id": .string(site.tenant.session.actor.id.description), "reason": .string(reason),
                "may_write": .bool(mayWrite),
            ])
    }

    @Test("A73: It reads, does not write, is seen by the tenant's admins, and ends at once")
    func reading() async throws {
        try await PeopleSite.with { site in
            let begun = try await Self.begin(site)
            #expect(begun.status == 201, "\(begun.text)")
            let token = try #require(begun.json["access_token"]?.string)
            let me = try await site.send("GET", "/me", token: token)
            #expect(me.json["impersonated"] == true)
            #expect(try await site.send("GET", "/conversations", token: token).status == 200)
            let team: JSONValue = ["name": "Mine"]
            #expect(try await site.send("POST", "/teams", team, token: token).code == "impersonation_read_only")
            let record = try await site.send("GET", "/impersonations")
            let entry = try #require(record.json["data"]?.array?.first)
            #expect(entry["reason"] == "Ticket 4711, the inbox is empty" && entry["ended_at"] == .null)
            let id = try #require(begun.json["id"]?.string)
            let path = "/v1/operator/tenants/\(site.tenant.id)/impersonations/\(id)"
            #expect(try await site.client.send("DELETE", path, token: site.test.operatorToken).status == 204)
            #expect(try await site.send("GET", "/me", token: token).status == 401)
        }
    }

    @Test("Even one that may write touches neither password nor second factor nor logins")
    func ownAccountIsTabu() async throws {
        try await PeopleSite.with { site in
            let token = try #require(try await Self.begin(site, mayWrite: true).json["access_token"]?.string)
            #expect(try await site.send("POST", "/teams", ["name": "Mine"], token: token).status == 201)
            let change: JSONValue = ["current_password": "password-of-acme", "new_password": "a better password"]
            #expect(try await site.send("POST", "/me/password", change, token: token).code == "own_account_only")
            let proof: JSONValue = ["password": "password-of-acme"]
            #expect(try await site.send("POST", "/me/second-factor", proof, token: token).code == "own_account_only")
            #expect(try await site.send("POST", "/auth/logout-everywhere", token: token).status == 404)
            #expect(try await site.send("GET", "/me").status == 200)
        }
    }

    @Test("It needs a reason and a member of that tenant, and no member can begin one")
    func refused() async throws {
        try await PeopleSite.with { site in
            #expect(try await Self.begin(site, reason: "because").status == 422)
            let other = try await site.test.tenant("other")
            let body: JSONValue = [
                "profile_id": .string(site.tenant.session.actor.id.description), "reason": "Ticket 4711, empty inbox",
            ]
            let path = "/v1/operator/tenants/\(other.id)/impersonations"
            #expect(try await site.client.send("POST", path, token: site.test.operatorToken, body: body).status == 404)
            #expect(try await site.client.send("POST", path, token: site.tenant.token, body: body).status == 401)
        }
    }
}
