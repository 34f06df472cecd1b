import Identity
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Keys of a tenant's programs: what they may do, how they end, and that they belong to one tenant.
@Suite("API keys")
struct APIKeyTests {
    private static func make(
        _ site: PeopleSite, permissions: JSONValue = ["conversations.read"], requestsPerMinute limit: Int64? = nil,
        token: String? = nil
    ) async throws -> (id: String, key: String) {
        let body: JSONValue = [
            "name": "Shop", "permissions": permissions, "requests_per_minute": limit.map { .integer($0) } ?? .null,
        ]
        let answer = try await site.send("POST", "/api-keys", body, token: token)
        #expect(answer.status == 201, "\(answer.text)")
        return (try #require(answer.json["id"]?.string), try #require(answer.json["key"]?.string))
    }

    @Test("A key does what it names and nothing else, in its own tenant")
    func permissions() async throws {
        try await PeopleSite.with { site in
            let (id, key) = try await Self.make(site)
            let me = try await site.send("GET", "/me", token: key)
            #expect(me.json["kind"] == "api_key" && me.json["profile_id"] == .string(id))
            #expect(me.json["permissions"] == ["conversations.read"])
            #expect(try await site.send("GET", "/conversations", token: key).status == 200)
            #expect(try await site.send("GET", "/knowledge/items", token: key).code == "forbidden")
            #expect(try await site.send("GET", "/api-keys", token: key).code == "forbidden")
            #expect(try await site.send("POST", "/auth/logout", token: key).status == 404)
            #expect(try await site.send("GET", "/me/sessions", token: key).status == 404)
            #expect(
                try await site.client.send("GET", "/v1/operator/tenants", token: key).code == "unauthenticated")
            let list = try await site.send("GET", "/api-keys")
            #expect(list.json["data"]?.array?.first?["last_used_at"]?.string != nil)
            #expect(!list.text.contains(key))
        }
    }

    @Test("A key that was ended, altered or is past its end opens nothing")
    func endings() async throws {
        try await PeopleSite.with { site in
            let (id, key) = try await Self.make(site)
            for text in [
                String(key.dropLast()), key + "0", key.uppercased(), String(key.dropLast()) + "x", "rmk_", "rmk_x_y",
            ] {
                #expect(try await site.send("GET", "/me", token: text).code == "unauthenticated", "\(text)")
            }
            #expect(try await site.send("GET", "/me", token: key).status == 200)
            #expect(try await site.send("DELETE", "/api-keys/\(id)").status == 204)
            #expect(try await site.send("GET", "/me", token: key).code == "unauthenticated")
            #expect(try await site.send("DELETE", "/api-keys/\(id)").status == 404)
            let (_, second) = try await Self.make(site)
            _ = try await site.test.database.asSuperuser { admin in
                try await admin.run("UPDATE core.api_keys SET expires_at = now() - interval '1 second'")
            }
            #expect(try await site.send("GET", "/me", token: second).code == "unauthenticated")
        }
    }

    @Test("Nobody ends another tenant's keys or logins by naming their ids")
    func foreignEndings() async throws {
        try await PeopleSite.with { site in
            let (id, key) = try await Self.make(site)
            let sessions = try await site.send("GET", "/me/sessions")
            let session = try #require(sessions.json["data"]?.array?.first?["id"]?.string)
            let other = try await site.test.tenant("other")
            for target in [id, session] {
                #expect(try await site.send("DELETE", "/api-keys/\(target)", token: other.token).status == 404)
                #expect(try await site.send("DELETE", "/me/sessions/\(target)", token: other.token).status == 404)
            }
            try await site.test.platform.control.refresh()
            #expect(try await site.send("GET", "/me", token: key).status == 200)
            #expect(try await site.send("GET", "/me").status == 200)
        }
    }

    @Test("A key's flood is refused by its own limit with the seconds to wait; its tenant's other keys are served")
    func rates() async throws {
        try await PeopleSite.with { site in
            let (_, limited) = try await Self.make(site, requestsPerMinute: 20)
            let (_, roomier) = try await Self.make(site, requestsPerMinute: 100_000)
            let (_, free) = try await Self.make(site)
            let start = ContinuousClock.now
            var served = 0
            var answer = try await site.send("GET", "/me", token: limited)
            while answer.status == 200, served < 100 {
                served += 1
                answer = try await site.send("GET", "/me", token: limited)
            }
            // Two at once, a tenth of what a minute may have, and one more for every three seconds.
            let most = 2 + Int(start.duration(to: .now) / .seconds(3))
            #expect(served >= 2 && served <= most, "\(served) were served, at most \(most) may be")
            #expect(answer.status == 429 && answer.code == "rate_limited", "\(answer.text)")
            let wait = try #require(answer.header("Retry-After").flatMap { Int($0) })
            #expect((1...4).contains(wait))
            for _ in 0..<served + 3 {
                for token in [roomier, free, site.tenant.token] {
                    #expect(try await site.send("GET", "/me", token: token).status == 200)
                }
            }
            // Refused requests do not count, so whoever goes on asking is served when it is time.
            let isServed = try await eventually {
                try await site.send("GET", "/me", token: limited).status == 200
            }
            #expect(isServed)
        }
    }

    @Test("A suspended tenant's keys are refused")
    func suspended() async throws {
        try await PeopleSite.with { site in
            let (_, key) = try await Self.make(site)
            #expect(try await site.send("GET", "/me", token: key).status == 200)
            _ = try await site.test.platform.identity.tenants.setActive(false, site.tenant.id)
            try await site.test.platform.control.refresh()
            #expect(try await site.send("GET", "/me", token: key).code == "tenant_suspended")
        }
    }

    @Test(
        "A key needs a name, known permissions and an end that is to come",
        arguments: [
            ["name": "", "permissions": ["members.read"]], ["name": "k", "permissions": []],
            ["name": "k", "permissions": ["no.such"]],
            ["name": "k", "permissions": ["members.read"], "expires_at": "2001-01-01T00:00:00Z"],
            ["name": "k", "permissions": ["members.read"], "requests_per_minute": 0],
        ] as [JSONValue])
    func badInput(body: JSONValue) async throws {
        try await PeopleSite.with { site in
            let answer = try await site.send("POST", "/api-keys", body)
            #expect(answer.status == 422)
        }
    }

    @Test("Keys that open nothing are refused without a look-up once an address has shown too many; known ones are not")
    func flood() async throws {
        try await PeopleSite.with { site in
            let (_, known) = try await Self.make(site)
            let (_, fresh) = try await Self.make(site)
            let (id, ended) = try await Self.make(site)
            #expect(try await site.send("GET", "/me", token: known).status == 200)
            #expect(try await site.send("DELETE", "/api-keys/\(id)").status == 204)
            var (count, answer) = (1, try await site.send("GET", "/me", token: ended))
            while answer.status == 401, count < 5000 {
                answer = try await site.send("GET", "/me", token: ended)
                count += 1
            }
            #expect(answer.status == 429 && count > 300)
            #expect(answer.code == "rate_limited" && answer.header("Retry-After") == "1")
            #expect(try await site.send("GET", "/me", token: known).status == 200)
            #expect(try await site.send("GET", "/me").status == 200)
            // One that nobody has shown here is let in as soon as the flood is over.
            let isIn = try await eventually { try await site.send("GET", "/me", token: fresh).status == 200 }
            #expect(isIn)
        }
    }
}
