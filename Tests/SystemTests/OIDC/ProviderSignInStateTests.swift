import Identity
import NIOHTTP1
import Platform
import PluginKit
import Tenancy
import TestKit
import Testing

/// Sign-ins that end elsewhere than they began.
@Suite("Provider sign-in: states")
struct ProviderSignInStateTests {
    @Test("A51: a state of one tenant's connection is none at another's, with either one's code")
    func otherTenant() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let (a, b) = (try await test.tenant("acme"), try await test.tenant("beta"))
                let ofA = try await test.connect(a, provider, provisioning: "create")
                let ofB = try await test.connect(b, provider, provisioning: "create")
                let second = try await test.connect(b, provider, provisioning: "create")
                for (from, to) in [(ofA, ofB), (ofB, ofA), (second, ofB)] {
                    var browser = SignInBrowser(test, provider)
                    let location = try #require(try await browser.start(from).headers["Location"].first)
                    let (code, state) = try provider.authorize(location, as: "ada")
                    expectRefused(try await browser.finish(to, code: code, state: state))
                    // Where it belongs it still holds.
                    let answer = try await browser.finish(from, code: code, state: state)
                    #expect(answer.status == 200)
                }
            }
        }
    }

    @Test("a state holds in the browser it was given to and in no other")
    func otherBrowser() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var (attacker, victim) = (SignInBrowser(test, provider), SignInBrowser(test, provider))
                let location = try #require(try await attacker.start(connection).headers["Location"].first)
                let (code, state) = try provider.authorize(location, as: "mallory")
                expectRefused(try await victim.finish(connection, code: code, state: state))
                _ = try await victim.start(connection)
                expectRefused(try await victim.finish(connection, code: code, state: state))
                expectRefused(try await attacker.finish(connection, code: code, state: state, sendsCookie: false))
            }
        }
    }

    @Test("a state holds once, also when it comes twice at the same time")
    func replay() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                let location = try #require(try await browser.start(connection).headers["Location"].first)
                let (code, state) = try provider.authorize(location, as: "ada")
                let statuses = try await withThrowingTaskGroup(of: Int.self) { [browser] tasks in
                    for _ in 0..<8 {
                        tasks.addTask { try await browser.finish(connection, code: code, state: state).status }
                    }
                    return try await tasks.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 401 } == 7)
                // Nor with a code that is new.
                let (fresh, same) = try provider.authorize(location, as: "ada")
                #expect(same == state)
                expectRefused(try await browser.finish(connection, code: fresh, state: state))
            }
        }
    }

    @Test("a login that was not begun here, or that the provider refused, is none")
    func uninvited() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                let location = try #require(try await browser.start(connection).headers["Location"].first)
                let (code, state) = try provider.authorize(location, as: "ada")
                for crooked in [nil, "", "x", String(state.dropLast()), state + "AAAA", String(state.reversed())] {
                    expectRefused(try await browser.finish(connection, code: code, state: crooked))
                }
                expectRefused(try await browser.finish("nonsense", code: code, state: state))
                expectRefused(try await browser.finish(ID<Void>.make().description, code: code, state: state))
                let denied = try await browser.finish(connection, code: nil, state: state, more: "&error=access_denied")
                expectRefused(denied)
            }
        }
    }

    @Test("an answer that names another provider is not taken, nor one without a name where it is promised")
    func mixUp() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                for (issuer, status) in [("https://evil.example", 401), (provider.issuer, 200)] {
                    let location = try #require(try await browser.start(connection).headers["Location"].first)
                    let (code, state) = try provider.authorize(location, as: "ada")
                    let answer = try await browser.finish(connection, code: code, state: state, more: "&iss=\(issuer)")
                    #expect(answer.status == status)
                }
                let promising =
                    provider.configuration().dropLast()
                    + ",\"authorization_response_iss_parameter_supported\":true}"
                provider.put("/.well-known/openid-configuration", .json(String(promising)))
                let other = try await test.connect(tenant, provider, provisioning: "create")
                let location = try #require(try await browser.start(other).headers["Location"].first)
                let (code, state) = try provider.authorize(location, as: "ada")
                expectRefused(try await browser.finish(other, code: code, state: state))
            }
        }
    }

    @Test("nobody signs in through a connection that is off or gone, or into a tenant that is suspended")
    func closedDoors() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                let client = TestClient(test.url)
                let path = "/v1/auth/oidc/connections/\(connection)"
                let close: [@Sendable () async throws -> Void] = [
                    { _ = try await client.send("PATCH", path, token: tenant.token, body: ["enabled": false]) },
                    { _ = try await test.platform.identity.tenants.setActive(false, tenant.id) },
                    { _ = try await client.send("DELETE", path, token: tenant.token) },
                ]
                let open: [@Sendable () async throws -> Void] = [
                    { _ = try await client.send("PATCH", path, token: tenant.token, body: ["enabled": true]) },
                    { _ = try await test.platform.identity.tenants.setActive(true, tenant.id) },
                    {},
                ]
                for (close, open) in zip(close, open) {
                    var browser = SignInBrowser(test, provider)
                    let location = try #require(try await browser.start(connection).headers["Location"].first)
                    let (code, state) = try provider.authorize(location, as: "ada")
                    try await close()
                    expectRefused(try await browser.finish(connection, code: code, state: state))
                    expectRefused(try await browser.start(connection))
                    try await open()
                    try await test.platform.control.refresh()
                }
            }
        }
    }

    private func expectRefused(_ answer: TestClient.Answer, _ location: SourceLocation = #_sourceLocation) {
        #expect(answer.status == 401 && answer.code == "sign_in_refused", "\(answer.text)", sourceLocation: location)
    }
}
