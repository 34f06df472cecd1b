import Identity
import Platform
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

    @Test("What it writes names the operator, by the kernel and by modules")
    func trace() async throws {
        try await PeopleSite.with { site in
            let token = try #require(try await Self.begin(site, mayWrite: true).json["access_token"]?.string)
            #expect(try await site.send("POST", "/teams", ["name": "Mine"], token: token).status == 201)
            #expect(try await site.send("POST", "/customers", ["name": "Noah"], token: token).status == 201)
            #expect(try await site.send("POST", "/customers", ["name": "Emma"]).status == 201)
            let record = try await site.send("GET", "/impersonations")
            let operatorID = try #require(record.json["data"]?.array?.first?["operator_id"]?.string)
            let listed = try await eventually {
                try await site.send("GET", "/events?limit=100").json["data"]?.array?.contains {
                    $0["data"]?["name"] == "Emma"
                } == true
            }
            #expect(listed)
            let events = try await site.send("GET", "/events?limit=100").json["data"]?.array ?? []
            func impersonators(_ type: String) -> [JSONValue] {
                events.filter { $0["type"]?.string == type }.map { $0["actor"]?["impersonator"] ?? .bool(false) }
            }
            #expect(impersonators("team.created") == [.string(operatorID)])
            #expect(impersonators("customer.created") == [.string(operatorID), .null])
            #expect(events.allSatisfy { $0["actor"]?["kind"] != nil })
        }
    }

    @Test("It makes nothing that would outlive it, and logging out ends it")
    func noCredentials() async throws {
        try await PeopleSite.with { site in
            let grace = try await site.add("grace", role: "agent")
            let customer = try await site.send("POST", "/customers", ["name": "Noah"])
            let token = try #require(try await Self.begin(site, mayWrite: true).json["access_token"]?.string)
            let connection: JSONValue = ["name": "x", "issuer": "https://login.example", "client_id": "x"]
            let invitation: JSONValue = ["email": "ada@example.com", "role": "agent"]
            let member: JSONValue = [
                "email": "ada@example.com", "name": "Ada", "password": .string(PeopleSite.password), "role": "agent",
            ]
            let made = try await site.send("POST", "/auth/oidc/connections", connection)
            let connectionID = try #require(made.json["id"]?.string)
            let requests: [(method: String, path: String, body: JSONValue?)] = [
                ("POST", "/api-keys", ["name": "k", "permissions": ["members.read"]]), ("POST", "/customer-keys", [:]),
                ("POST", "/invitations", invitation), ("POST", "/invitations/bulk", ["items": [invitation]]),
                ("POST", "/members/\(grace)/password-reset", nil), ("POST", "/members", member),
                ("POST", "/auth/oidc/connections", connection),
                ("PATCH", "/auth/oidc/connections/\(connectionID)", ["issuer": "https://evil.example"]),
                ("POST", "/hooks", ["hook": "x.y", "name": "x"]),
                ("POST", "/hooks/\(connectionID)/rotate", nil),
                ("POST", "/customers/\(customer.json["id"]?.string ?? "")/tokens", [:]),
            ]
            for (method, path, body) in requests {
                let answer = try await site.send(method, path, body, token: token)
                #expect(answer.status == 403, "\(path) \(answer.text)")
                #expect(answer.code == "impersonation_makes_no_credentials", "\(path)")
            }
            #expect(try await site.send("POST", "/auth/logout", token: token).status == 204)
            #expect(try await site.send("GET", "/me", token: token).status == 401)
            let record = try await site.send("GET", "/impersonations")
            #expect(record.json["data"]?.array?.first?["ended_at"]?.string != nil)
        }
    }

    @Test("It ends with the operator's token")
    func endedToken() async throws {
        try await PeopleSite.with { site in
            let token = try #require(try await Self.begin(site).json["access_token"]?.string)
            #expect(try await site.send("GET", "/me", token: token).status == 200)
            let entry = try #require(try await site.send("GET", "/impersonations").json["data"]?.array?.first)
            let id = try #require(ID<Operator>(entry["operator_id"]?.string ?? ""))
            let isRevoked = try await site.test.platform.identity.operators.revoke(id)
            #expect(isRevoked)
            try await site.test.platform.control.refresh()
            #expect(try await site.send("GET", "/me", token: token).status == 401)
            let record = try await site.send("GET", "/impersonations")
            #expect(record.json["data"]?.array?.first?["ended_at"]?.string != nil)
        }
    }

    @Test("Whose token ends while they ask for one does not get it")
    func endedMeanwhile() async throws {
        try await PeopleSite.with { site in
            let end: SQL = "UPDATE core.operator_tokens SET revoked_at = now()"
            let answer = try await site.answer(while: end) { try await Self.begin(site) }
            #expect(answer.status == 401 && answer.code == "unauthenticated", "\(answer.text)")
            #expect(try await site.send("GET", "/impersonations").json["data"] == [])
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
