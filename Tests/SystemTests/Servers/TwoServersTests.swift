import PluginKit
import TestKit
import Testing

/// What one server is told, another on the same database knows within a second.
@Suite("Two servers")
struct TwoServersTests {
    /// The longest time between the answer to a change and the last request that another server lets through.
    private static let promise: Duration = .seconds(1)

    @Test("A logout at one server is one at the other")
    func logout() async throws {
        try await Self.expect(path: "/v1/me", status: 401) { client, tenant, _ in
            try await client.send("POST", "/v1/auth/logout", token: tenant.token)
        }
    }

    @Test("A tenant suspended at one server is shut out of the other")
    func suspension() async throws {
        try await Self.expect(path: "/v1/conversations", status: 403) { client, tenant, operatorToken in
            try await client.send("POST", "/v1/operator/tenants/\(tenant.id)/suspend", token: operatorToken)
        }
    }

    @Test("A module switched off at one server is off at the other")
    func moduleOff() async throws {
        try await Self.expect(path: "/v1/knowledge/items", status: 404) { client, tenant, _ in
            try await client.send("PATCH", "/v1/modules/knowledge", token: tenant.token, body: ["enabled": false])
        }
    }

    /// Changes something at one server and asks the other until it refuses.
    private static func expect(
        path: String, status: Int,
        after change: @Sendable (TestClient, TestTenant, String) async throws -> TestClient.Answer
    ) async throws {
        try await TestPlatform.with { first in
            try await first.withAnother { second in
                let tenant = try await first.tenant("acme")
                let other = TestClient(second.url)
                let ask = { try await other.send("GET", path, token: tenant.token).status }
                // The second server has to learn of the tenant first.
                #expect(try await eventually { try await ask() == 200 })
                #expect(
                    try await (200..<300).contains(change(TestClient(first.url), tenant, first.operatorToken).status))
                let changed = ContinuousClock.now
                var lastAccepted = changed
                let isRefused = try await eventually {
                    let sent = ContinuousClock.now
                    let answer = try await ask()
                    if answer == 200 { lastAccepted = sent }
                    return answer == status
                }
                #expect(isRefused)
                #expect(changed.duration(to: lastAccepted) < promise)
            }
        }
    }
}
