import Identity
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Operators onboard tenants, people log in, admins switch modules, and what is taken away is gone within a second.
@Suite("Onboarding")
struct OnboardingTests {
    private static let newTenant: JSONValue = [
        "slug": "acme", "name": "Acme Ltd",
        "admin": ["email": "Ada@Acme.example", "name": "Ada", "password": "correct horse battery"],
    ]

    @Test("A tenant is created once, listed in pages, suspended and resumed")
    func tenantsComeAndGo() async throws {
        try await TestPlatform.with { test in
            let client = TestClient(test.url)
            let created = try await client.send(
                "POST", "/v1/operator/tenants", token: test.operatorToken, body: Self.newTenant)
            #expect(created.status == 201)
            let again = try await client.send(
                "POST", "/v1/operator/tenants", token: test.operatorToken, body: Self.newTenant)
            #expect(again.status == 409 && again.code == "already_exists")
            for number in 1...4 { _ = try await test.tenant("tenant-\(number)") }
            #expect(try await slugs(client, test) == ["tenant-4", "tenant-3", "tenant-2", "tenant-1", "acme"])

            let id = try #require(created.json["id"]?.string)
            let token = try await login(client, tenant: "acme")
            _ = try await client.send("POST", "/v1/operator/tenants/\(id)/suspend", token: test.operatorToken)
            let isShut = try await eventually(within: .seconds(1)) {
                try await client.send("GET", "/v1/me", token: token).status == 403
            }
            #expect(isShut)
            #expect(try await attempt(client, tenant: "acme").status == 401)
            _ = try await client.send("POST", "/v1/operator/tenants/\(id)/resume", token: test.operatorToken)
            let isOpen = try await eventually(within: .seconds(1)) {
                try await client.send("GET", "/v1/me", token: token).status == 200
            }
            #expect(isOpen)
        }
    }

    @Test("A71: An unknown address, a wrong password and a wrong tenant get one answer")
    func refusedLoginsAreAlike() async throws {
        try await TestPlatform.with { test in
            let client = TestClient(test.url)
            _ = try await client.send("POST", "/v1/operator/tenants", token: test.operatorToken, body: Self.newTenant)
            let attempts: [(String, String, String)] = [
                ("nobody@acme.example", "correct horse battery", "acme"), ("ada@acme.example", "wrong", "acme"),
                ("ada@acme.example", "correct horse battery", "other"),
            ]
            for (email, password, tenant) in attempts {
                let answer = try await client.send(
                    "POST", "/v1/auth/login",
                    body: ["email": .string(email), "password": .string(password), "tenant": .string(tenant)])
                #expect(answer.status == 401 && answer.code == "login_refused")
            }
        }
    }

    @Test("A49: Refresh tokens rotate; the one before answers the same again, an older one ends the session")
    func refreshTokensRotate() async throws {
        try await TestPlatform.with { test in
            let client = TestClient(test.url)
            _ = try await client.send("POST", "/v1/operator/tenants", token: test.operatorToken, body: Self.newTenant)
            let first = try #require(try await attempt(client, tenant: "acme").json["refresh_token"]?.string)
            let second = try await refresh(client, first)
            let third = try await refresh(client, try #require(second.json["refresh_token"]?.string))
            let repeated = try await refresh(client, try #require(second.json["refresh_token"]?.string))
            #expect(repeated.json["refresh_token"] == third.json["refresh_token"])
            let access = try #require(third.json["access_token"]?.string)
            let me = try await client.send("GET", "/v1/me", token: access)
            #expect(me.status == 200, "\(me.text)")
            #expect(try await refresh(client, first).status == 401)
            #expect(try await refresh(client, try #require(third.json["refresh_token"]?.string)).status == 401)
            let isEnded = try await eventually(within: .seconds(1)) {
                try await client.send("GET", "/v1/me", token: access).status == 401
            }
            #expect(isEnded)
            #expect(try await refresh(client, first.dropLast() + "A").status == 401)
        }
    }

    @Test("A logout and a switched-off module take effect within a second on another process's platform too")
    func changesReachEveryProcess() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let second = try await Platform.start(
                TestPlatform.settings(test.database), logger: test.database.server.logger)
            defer { second.databases.close() }
            let client = TestClient(test.url)
            let change = try await client.send(
                "PATCH", "/v1/modules/knowledge", token: tenant.token, body: ["enabled": false])
            #expect(change.json["enabled"] == false)
            #expect(try await client.send("GET", "/v1/knowledge/items", token: tenant.token).code == "module_disabled")
            try await second.control.refresh()
            #expect(second.control.read { $0.isEnabled("knowledge", for: tenant.id) } == false)
            let always = try await client.send(
                "PATCH", "/v1/modules/conversations", token: tenant.token, body: ["enabled": false])
            #expect(always.status == 409 && always.code == "module_always_on")

            #expect(try await client.send("POST", "/v1/auth/logout", token: tenant.token).status == 204)
            let isOut = try await eventually(within: .seconds(1)) {
                try await client.send("GET", "/v1/me", token: tenant.token).status == 401
            }
            #expect(isOut)
        }
    }

    @Test("An agent may work and may not administer")
    func agentsMayNotAdminister() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let agent: JSONValue = [
                "email": "agent@acme.example", "name": "Agent", "password": "password of agent", "role": "agent",
            ]
            #expect(try await client.send("POST", "/v1/members", token: tenant.token, body: agent).status == 201)
            let answer = try await client.send(
                "POST", "/v1/auth/login", body: ["email": "agent@acme.example", "password": "password of agent"])
            let token = try #require(answer.json["access_token"]?.string)
            #expect(try await client.send("GET", "/v1/conversations", token: token).status == 200)
            #expect(try await client.send("POST", "/v1/members", token: token, body: agent).status == 403)
            let change = try await client.send("PATCH", "/v1/modules/knowledge", token: token, body: ["enabled": false])
            #expect(change.status == 403 && change.code == "forbidden")
        }
    }

    private func slugs(_ client: TestClient, _ test: TestPlatform) async throws -> [String] {
        var slugs: [String] = []
        var path = "/v1/operator/tenants?limit=2"
        while true {
            let page = try await client.send("GET", path, token: test.operatorToken)
            slugs += page.json["data"]?.array?.compactMap { $0["slug"]?.string } ?? []
            guard let cursor = page.json["next_cursor"]?.string else { return slugs }
            path = "/v1/operator/tenants?limit=2&cursor=\(cursor)"
        }
    }

    private func attempt(_ client: TestClient, tenant: String) async throws -> TestClient.Answer {
        try await client.send(
            "POST", "/v1/auth/login",
            body: ["email": "ada@acme.example", "password": "correct horse battery", "tenant": .string(tenant)])
    }

    private func login(_ client: TestClient, tenant: String) async throws -> String {
        try #require(try await attempt(client, tenant: tenant).json["access_token"]?.string)
    }

    private func refresh(_ client: TestClient, _ token: String) async throws -> TestClient.Answer {
        try await client.send("POST", "/v1/auth/refresh", body: ["refresh_token": .string(token)])
    }

    /// Polls until the condition holds.
}
