import Cryptography
import Identity
import Platform
@_spi(Kernel) import PluginKit
import Tenancy
import TestKit
import Testing

/// A name that changes hands takes nothing along: attack 68.
@Suite("IsolationBattery: names")
struct IsolationBatteryNameTests {
    /// What people, programs and customers of a tenant have in their hands.
    private struct Holdings {
        let member: String
        let refresh: String
        let key: String
        let customer: String
        let invitation: String
        let signature: JSONValue

        init(_ site: PeopleSite) async throws {
            try await site.add("grace", role: "admin")
            let login = try await site.login("grace").json
            member = try #require(login["access_token"]?.string)
            refresh = try #require(login["refresh_token"]?.string)
            let made = try await site.send(
                "POST", "/api-keys", ["name": "Shop", "permissions": ["conversations.read"]])
            key = try #require(made.json["key"]?.string)
            let noah = try await site.send("POST", "/customers", ["external_id": "crm-1", "name": "Noah"])
            customer = try await CustomerSite.token(try #require(noah.json["id"]?.string), site)
            let invited = try await site.send("POST", "/invitations", ["email": "i@example.com", "role": "admin"])
            invitation = try #require(invited.json["token"]?.string)
            let secret = try #require(try await site.send("POST", "/customer-keys", [:]).json["secret"]?.string)
            let end = Timestamp.now().seconds + 3600
            let code = HMACSHA256.authenticate(Array("crm-1\n\(end)".utf8), key: Array(secret.utf8))
            signature = [
                "tenant": .string(site.tenant.slug), "external_id": "crm-1", "expires_at": .integer(end),
                "signature": .string(Hex.encode(code)),
            ]
        }
    }

    @Test("A68: Whoever gets a slug that was another tenant's is opened by none of its tokens, keys and signatures")
    func slug() async throws {
        try await PeopleSite.with { site in
            let held = try await Holdings(site)
            let (client, token) = (site.client, site.test.operatorToken)
            #expect(try await client.send("POST", "/v1/auth/customers", body: held.signature).status == 200)
            let path = "/v1/operator/tenants/\(site.tenant.id)"
            #expect(try await client.send("POST", "\(path)/suspend", token: token).status == 200)
            let erased = try await client.send(
                "POST", "\(path)/erase", token: token, body: ["confirm": .string(site.tenant.slug)])
            #expect(erased.status == 200, "\(erased.text)")
            let heir = try await site.test.tenant(site.tenant.slug)
            #expect(try await client.send("GET", "/v1/me", token: heir.token).status == 200)
            for (what, bearer, path) in [
                ("member", held.member, "/v1/conversations"), ("key", held.key, "/v1/conversations"),
                ("customer", held.customer, "/v1/customer/conversations"),
            ] {
                let answer = try await client.send("GET", path, token: bearer)
                #expect([401, 403].contains(answer.status), "\(what): \(answer.status)")
            }
            #expect(try await client.send("POST", "/v1/auth/customers", body: held.signature).status == 401)
            let refreshed = try await client.send(
                "POST", "/v1/auth/refresh", body: ["refresh_token": .string(held.refresh)])
            #expect(refreshed.status == 401)
            let accepted = try await client.send(
                "POST", "/v1/invitations/accept",
                body: ["token": .string(held.invitation), "name": "I", "password": .string(PeopleSite.password)])
            #expect(accepted.status == 404)
            #expect(try await site.login("grace").status == 401)
            let members = try await client.send("GET", "/v1/members", token: heir.token)
            #expect(members.json["data"]?.array?.count == 1)
        }
    }
}
