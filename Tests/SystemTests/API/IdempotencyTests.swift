import HTTP
import Identity
import NIOHTTP1
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// The same request under the same key happens once, whoever repeats it and however often at once.
@Suite("Idempotency")
struct IdempotencyTests {
    private static func post(
        _ site: PeopleSite, _ path: String, _ body: JSONValue, key: String, token: String? = nil
    ) async throws -> TestClient.Answer {
        try await site.client.send(
            "POST", "/v1" + path, token: token ?? site.tenant.token, body: body, headers: [("Idempotency-Key", key)])
    }

    private static func customers(_ site: PeopleSite) async throws -> Int {
        try await site.send("GET", "/customers").json["data"]?.array?.count ?? -1
    }

    @Test("A repeated request is answered again and not done again", arguments: ["/customers", "/teams"])
    func replay(path: String) async throws {
        try await PeopleSite.with { site in
            let body: JSONValue = ["name": "Noah"]
            let first = try await Self.post(site, path, body, key: "one")
            #expect(first.status == 201 && first.headers["Idempotency-Replayed"].isEmpty, "\(first.text)")
            let second = try await Self.post(site, path, body, key: "one")
            #expect(second.status == 201 && second.text == first.text)
            #expect(second.headers["Idempotency-Replayed"] == ["true"])
            #expect(try await site.send("GET", path).json["data"]?.array?.count == 1)
            let other = try await Self.post(site, path, ["name": "Emma"], key: "one")
            #expect(other.status == 409 && other.code == "idempotency_key_reused")
            #expect(try await Self.post(site, path, ["name": "Emma"], key: "two").status == 201)
        }
    }

    @Test("Of twenty at once one is done")
    func race() async throws {
        try await PeopleSite.with { site in
            let answers = try await withThrowingTaskGroup(of: TestClient.Answer.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await Self.post(site, "/customers", ["name": "Noah"], key: "k") }
                }
                return try await group.reduce(into: [TestClient.Answer]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 || $0.code == "idempotency_in_progress" })
            #expect(Set(answers.filter { $0.status == 201 }.map(\.text)).count == 1)
            #expect(try await Self.customers(site) == 1)
        }
    }

    @Test("A request that failed may be sent again under its key")
    func failures() async throws {
        try await PeopleSite.with { site in
            let taken: JSONValue = ["name": "Noah", "email": "noah@example.com"]
            let first = try await Self.post(site, "/customers", taken, key: "a")
            #expect(first.status == 201)
            #expect(try await Self.post(site, "/customers", taken, key: "b").code == "already_exists")
            #expect(try await Self.post(site, "/customers", ["name": 1], key: "b").status == 422)
            #expect(try await Self.post(site, "/customers", ["name": "Emma"], key: "b").status == 201)
            let team: JSONValue = ["name": "T", "member_ids": [.string(ActorID.make().description)]]
            #expect(try await Self.post(site, "/teams", team, key: "c").code == "reference_missing")
            #expect(try await Self.post(site, "/teams", ["name": "T"], key: "c").status == 201)
        }
    }

    @Test("A refusal of a module is told again as it was, and is not said to be carried out")
    func refusals() async throws {
        try await PeopleSite.with { site in
            let path = "/conversations/\(ActorID.make())/messages"
            let first = try await Self.post(site, path, ["content": "x"], key: "one")
            #expect(first.status == 404 && first.headers["Idempotency-Replayed"].isEmpty)
            let again = try await Self.post(site, path, ["content": "x"], key: "one")
            #expect(again.status == 404 && again.code == "not_found", "\(again.text)")
            #expect(again.headers["Idempotency-Replayed"] == ["true"])
            #expect(again.headers["Content-Type"] == ["application/problem+json"])
            #expect(again.withoutRequestID == first.withoutRequestID)
            #expect(try await Self.post(site, path, ["content": "y"], key: "one").code == "idempotency_key_reused")
        }
    }

    @Test("What is shown once is kept nowhere, and not shown again")
    func secrets() async throws {
        try await PeopleSite.with { site in
            let grace = try await site.add("grace", role: "agent")
            let customer = try await site.send("POST", "/customers", ["name": "Noah"])
            let noah = try #require(customer.json["id"]?.string)
            let invitation: JSONValue = ["email": "ada@example.com", "role": "agent"]
            let requests: [(path: String, body: JSONValue?)] = [
                ("/api-keys", ["name": "k", "permissions": ["members.read"]]), ("/customer-keys", [:]),
                ("/invitations", invitation),
                ("/invitations/bulk", ["items": [["email": "eve@example.com", "role": "agent"]]]),
                ("/members/\(grace)/password-reset", nil), ("/customers/\(noah)/tokens", [:]),
                ("/me/second-factor", ["password": "password-of-acme"]),
            ]
            func send(_ path: String, _ body: JSONValue?, token: String? = nil) async throws -> TestClient.Answer {
                try await site.client.send(
                    "POST", "/v1" + path, token: token ?? site.tenant.token, body: body,
                    headers: [("Idempotency-Key", "once-\(path.hashValue)")])
            }
            for (path, body) in requests {
                let first = try await send(path, body)
                #expect((200...201).contains(first.status), "\(path) \(first.text)")
                let second = try await send(path, body)
                #expect(second.status == 409, "\(path) \(second.status)")
            }
            let reset = "/operator/tenants/\(site.tenant.id)/members/\(grace)/password-reset"
            #expect(try await send(reset, nil, token: site.test.operatorToken).status == 200)
            #expect(try await send(reset, nil, token: site.test.operatorToken).status == 409)
            let kept = try await site.test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT answer FROM core.idempotency_keys WHERE answer IS NOT NULL
                    UNION ALL
                    SELECT answer FROM core.operator_idempotency_keys WHERE answer IS NOT NULL
                    """
                ).count
            }
            #expect(kept == 0)
        }
    }

    @Test("A key belongs to one actor of one tenant")
    func scopes() async throws {
        try await PeopleSite.with { site in
            let other = try await site.test.tenant("other")
            try await site.add("grace", role: "agent")
            for token in [site.tenant.token, other.token, try await site.token("grace")] {
                let answer = try await Self.post(site, "/customers", ["name": "Noah"], key: "same", token: token)
                #expect(answer.status == 201 && answer.headers["Idempotency-Replayed"].isEmpty)
            }
        }
    }

    @Test("What is no key is refused", arguments: ["", "a b", String(repeating: "k", count: 256)])
    func badKeys(key: String) async throws {
        try await PeopleSite.with { site in
            let answer = try await Self.post(site, "/customers", ["name": "Noah"], key: key)
            #expect(answer.status == 400 && answer.code == "idempotency_key_invalid")
        }
    }

    @Test("An operator's request under one key happens once, is answered the same, and is no other operator's")
    func operators() async throws {
        try await PeopleSite.with { site in
            let tenant: JSONValue = [
                "slug": "globex", "name": "Globex",
                "admin": ["email": "hank@globex.example", "name": "Hank", "password": .string(PeopleSite.password)],
            ]
            func create(_ body: JSONValue, _ token: String) async throws -> TestClient.Answer {
                try await site.client.send(
                    "POST", "/v1/operator/tenants", token: token, body: body, headers: [("Idempotency-Key", "one")])
            }
            let token = site.test.operatorToken
            let first = try await create(tenant, token)
            #expect(first.status == 201, "\(first.text)")
            let again = try await create(tenant, token)
            #expect(again.status == 201 && again.json["id"] == first.json["id"])
            let members = (tenant.members ?? []).map { $0.name == "name" ? .init("name", "Other") : $0 }
            #expect(try await create(.object(members), token).code == "idempotency_key_reused")
            let other = try await site.test.platform.identity.operators.issue(name: "b", lifetime: .seconds(60))
            #expect(try await create(tenant, other).code == "already_exists")
            // A refusal changes nothing and gives the key back.
            let taken = try await site.client.send(
                "POST", "/v1/operator/tenants", token: token, body: tenant, headers: [("Idempotency-Key", "two")])
            let fixed = (tenant.members ?? []).map { $0.name == "slug" ? .init("slug", "hooli") : $0 }
            let retried = try await site.client.send(
                "POST", "/v1/operator/tenants", token: token, body: .object(fixed),
                headers: [("Idempotency-Key", "two")])
            #expect(taken.code == "already_exists" && retried.status == 201)
        }
    }

    @Test(
        "Whoever has not said who they are has no key: such a request is refused as a whole, and the document says so")
    func unauthenticated() async throws {
        try await PeopleSite.with { site in
            let routes = site.test.platform.table.routes.filter {
                $0.route.access == .public && $0.route.method != "GET" && $0.route.rawInput == nil
            }
            #expect(routes.count >= 6)
            let document = try await site.client.send("GET", "/openapi.json").json
            for route in routes {
                let answer = try await site.client.send(
                    route.route.method, route.examplePath(id: ID<Void>.make().description, tenant: "acme"),
                    body: route.exampleBody, headers: [("Idempotency-Key", "one")])
                #expect(answer.status == 400 && answer.code == "idempotency_key_unsupported", "\(route.path)")
                let described = document["paths"]?[route.path]?[route.route.method.lowercased()]?["description"]?.string
                #expect(described?.contains("idempotency_key_unsupported") == true, "\(route.path)")
            }
            // Nothing was begun by any of them: a right password under a key opens no session.
            let login: JSONValue = ["email": "admin@acme.example", "password": "password-of-acme", "tenant": "acme"]
            for _ in 0..<2 {
                let refused = try await site.client.send(
                    "POST", "/v1/auth/login", body: login, headers: [("Idempotency-Key", "one")])
                #expect(refused.status == 400 && refused.json["access_token"] == nil)
            }
            let sessions = try await site.send("GET", "/me/sessions")
            #expect(sessions.json["data"]?.array?.count == 1)
        }
    }
}
