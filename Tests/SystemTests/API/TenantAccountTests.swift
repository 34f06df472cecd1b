import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Plans, limits, settings, and the end of a tenant.
@Suite("Tenant accounts")
struct TenantAccountTests {
    private static func operate(
        _ site: PeopleSite, _ method: String, _ path: String, _ body: JSONValue? = nil
    ) async throws -> TestClient.Answer {
        try await site.client.send(method, "/v1/operator" + path, token: site.test.operatorToken, body: body)
    }

    @Test("Of many who come at once no more find room than there is")
    func membersAtOnce() async throws {
        try await PeopleSite.with { site in
            let path = "/tenants/\(site.tenant.id)"
            #expect(try await Self.operate(site, "PATCH", path, ["limits": ["members": 3]]).status == 200)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let member: JSONValue = [
                            "email": .string("m\(number)@acme.example"), "name": "M", "role": "agent",
                            "password": .string(PeopleSite.password),
                        ]
                        return try await site.send("POST", "/members", member).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 2 && statuses.filter { $0 == 409 }.count == 6, "\(statuses)")
            #expect(try await site.send("GET", "/members").json["data"]?.array?.count == 3)
        }
    }

    @Test("A limit on members and keys holds, and goes with the plan")
    func limits() async throws {
        try await PeopleSite.with { site in
            let plan = try await Self.operate(site, "PUT", "/plans/small", ["limits": ["members": 2, "api_keys": 1]])
            #expect(plan.status == 200, "\(plan.text)")
            let path = "/tenants/\(site.tenant.id)"
            #expect(try await Self.operate(site, "PATCH", path, ["plan": "small"]).json["limits"]?["members"] == 2)
            try await site.add("grace", role: "agent")
            let member: JSONValue = [
                "email": "x@acme.example", "name": "X", "password": .string(PeopleSite.password), "role": "agent",
            ]
            #expect(try await site.send("POST", "/members", member).code == "limit_reached")
            let key: JSONValue = ["name": "k", "permissions": ["members.read"]]
            #expect(try await site.send("POST", "/api-keys", key).status == 201)
            #expect(try await site.send("POST", "/api-keys", key).code == "limit_reached")
            #expect(try await Self.operate(site, "PATCH", path, ["limits": ["members": 3]]).status == 200)
            #expect(try await site.send("POST", "/members", member).status == 201)
            #expect(try await Self.operate(site, "PATCH", path, ["plan": "none"]).code == "reference_missing")
            #expect(try await Self.operate(site, "PATCH", path, ["limits": ["pizzas": 3]]).code == "limit_unknown")
        }
    }

    @Test("A tenant's tag changes with its plan, of which it shows the limits")
    func planTag() async throws {
        try await PeopleSite.with { site in
            func read(knowing tag: String) async throws -> TestClient.Answer {
                try await site.client.send(
                    "GET", "/v1/tenant", token: site.tenant.token, headers: [("If-None-Match", tag)])
            }
            let tag = try #require(try await site.send("GET", "/tenant").header("ETag"))
            #expect(try await read(knowing: tag).status == 304)
            let plan = try await Self.operate(site, "PUT", "/plans/standard", ["limits": ["members": 7]])
            #expect(plan.status == 200, "\(plan.text)")
            let changed = try await read(knowing: tag)
            #expect(changed.status == 200 && changed.json["limits"]?["members"] == 7, "\(changed.text)")
            let next = try #require(changed.header("ETag"))
            #expect(next != tag)
            #expect(try await read(knowing: next).status == 304)
        }
    }

    @Test("A plan's new limits reach all its tenants in one step, however many there are")
    func planOfMany() async throws {
        try await PeopleSite.with { site in
            let tenants = [site.tenant, try await site.test.tenant("second"), try await site.test.tenant("third")]
            #expect(try await Self.operate(site, "PUT", "/plans/small", ["limits": ["members": 2]]).status == 200)
            for tenant in tenants {
                let moved = try await Self.operate(site, "PATCH", "/tenants/\(tenant.id)", ["plan": "small"])
                #expect(moved.status == 200, "\(moved.text)")
            }
            try await site.test.database.noteRevisions()
            #expect(try await Self.operate(site, "PUT", "/plans/small", ["limits": ["members": 7]]).status == 200)
            #expect(try await site.test.database.notedSteps() == [1])
            let limits = site.test.platform.control.read { state in
                tenants.map { state.limit("members", of: $0.id) }
            }
            #expect(limits == [7, 7, 7])
            // A plan that nobody has is no change for anybody.
            #expect(try await Self.operate(site, "PUT", "/plans/unused", ["limits": ["members": 1]]).status == 200)
            #expect(try await site.test.database.notedSteps() == [1])
        }
    }

    @Test("A72: A tenant's flood is refused, another tenant's requests are not")
    func rates() async throws {
        try await PeopleSite.with { site in
            let other = try await site.test.tenant("other")
            let path = "/tenants/\(site.tenant.id)"
            #expect(try await Self.operate(site, "PATCH", path, ["limits": ["requests_per_minute": 20]]).status == 200)
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await site.send("GET", "/me").status) }
            #expect(statuses == [200, 200, 429, 429])
            #expect(try await site.send("GET", "/me", token: other.token).status == 200)
        }
    }

    @Test("Public settings are readable by anybody, the others by operators")
    func settings() async throws {
        try await PeopleSite.with { site in
            let value: JSONValue = ["address": "help@example.com"]
            #expect(
                try await Self.operate(
                    site, "PUT", "/settings/support.email", ["value": value, "is_public": true]
                ).status == 200)
            #expect(try await Self.operate(site, "PUT", "/settings/secret", ["value": ["a": 1]]).status == 200)
            let seen = try await site.client.send("GET", "/v1/system/settings")
            #expect(seen.json["data"]?.array?.map { $0["key"] ?? .null } == ["support.email"])
            #expect(seen.json["data"]?.array?.first?["value"] == value)
            #expect(try await Self.operate(site, "GET", "/settings").json["data"]?.array?.count == 2)
            #expect(try await Self.operate(site, "PUT", "/settings/No Key", ["value": value]).status == 422)
            #expect(try await Self.operate(site, "DELETE", "/settings/secret").status == 204)
            #expect(try await Self.operate(site, "DELETE", "/settings/secret").status == 404)
        }
    }

    @Test("A75: An erased tenant leaves no row in any table, nor anything of another tenant gone")
    func erasure() async throws {
        try await PeopleSite.with { site in
            let other = try await site.test.tenant("other")
            for token in [site.tenant.token, other.token] {
                let opened = try await site.send(
                    "POST", "/conversations",
                    ["customer": ["email": "noah@example.com"], "subject": "S", "message": ["content": "hello"]],
                    token: token)
                #expect(opened.status == 201)
                #expect(
                    try await site.send("POST", "/knowledge/items", ["title": "T", "body": "B"], token: token).status
                        == 201)
            }
            try await site.add("grace", role: "agent")
            let key = try await site.send("POST", "/api-keys", ["name": "k", "permissions": ["members.read"]])
            let path = "/tenants/\(site.tenant.id)"
            #expect(try await Self.operate(site, "POST", path + "/erase", ["confirm": "acme"]).code == "tenant_active")
            #expect(try await Self.operate(site, "POST", path + "/suspend").status == 200)
            #expect(
                try await Self.operate(site, "POST", path + "/erase", ["confirm": "other"]).code
                    == "confirmation_differs")
            let erased = try await Self.operate(site, "POST", path + "/erase", ["confirm": "acme"])
            #expect(erased.status == 200, "\(erased.text)")
            let proof = erased.json["proof"]?.members ?? []
            #expect(proof.count > 10 && proof.allSatisfy { $0.value["left"] == nil || $0.value["left"] == 0 })
            #expect(erased.json["proof"]?["conversations.messages"]?["erased"] == 1)
            #expect(try await Self.operate(site, "GET", path).status == 404)
            #expect(try await site.send("GET", "/me").status == 403)
            #expect(try await site.send("GET", "/me", token: key.json["key"]?.string).status == 401)
            #expect(try await site.login("grace").status == 401)
            try await Self.expectNoTrace(of: site)
            let kept = try await site.send("GET", "/conversations", token: other.token)
            #expect(kept.json["data"]?.array?.count == 1)
        }
    }

    @Test("The server gives an erasure minutes, and not the seconds of other transactions")
    func erasureLimit() async throws {
        try await PeopleSite.with { site in
            try await site.test.database.noteLimit(whenDeletingFrom: "core.teams")
            let path = "/tenants/\(site.tenant.id)"
            #expect(try await Self.operate(site, "POST", path + "/suspend").status == 200)
            let erased = try await Self.operate(site, "POST", path + "/erase", ["confirm": "acme"])
            #expect(erased.status == 200, "\(erased.text)")
            #expect(try await site.test.database.notedLimits() == ["590s"])
        }
    }

    /// Looks for the tenant's id in every table that has a column for it, from the catalogue and not from our views.
    private static func expectNoTrace(of site: PeopleSite) async throws {
        try await site.test.database.asSuperuser { admin in
            let columns = try await admin.run(
                """
                SELECT c.oid::regclass::text AS name, a.attname::text AS attribute
                FROM pg_class AS c
                JOIN pg_attribute AS a ON a.attrelid = c.oid
                WHERE c.relkind = 'r' AND a.atttypid = 'uuid'::regtype AND a.attnum > 0 AND NOT a.attisdropped
                  AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
                  AND c.oid NOT IN ('core.erasures'::regclass, 'core.changes'::regclass)
                """)
            #expect(columns.count > 30)
            for row in columns.rows {
                let (name, attribute): (String, String) = (try row.get("name"), try row.get("attribute"))
                let left = try await admin.run(
                    "SELECT 1 FROM \(unsafeSQL: name) WHERE \(unsafeSQL: attribute) = \(site.tenant.id) LIMIT 1")
                #expect(left.isEmpty, "\(name).\(attribute)")
            }
        }
    }
}
