import NIOHTTP1
import PluginKit
import Tenancy
import TestKit
import Testing

/// Linking a member with whom they are at a provider.
@Suite("Provider links")
struct ProviderLinkTests {
    @Test("a link is made only while the member is logged in")
    func loggedOut() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider)
                var browser = SignInBrowser(test, provider)
                let without = try await browser.client.send("POST", "/v1/auth/oidc/\(connection)/link")
                #expect(without.status == 401)
                let begun = try await browser.link(connection, token: tenant.token)
                let query = try #require(begun.json["url"]?.string?.split(separator: "?").last)
                let started = try await browser.start(connection, query: "?\(query)")
                let (code, state) = try provider.authorize(try #require(started.headers["Location"].first), as: "ada")
                let left = try await browser.client.send("POST", "/v1/auth/logout", token: tenant.token)
                #expect(left.status == 204)
                let answer = try await browser.finish(connection, code: code, state: state)
                #expect(answer.status == 401 && answer.code == "sign_in_refused")
                let later = try await browser.logIn(connection, as: "ada")
                #expect(later.status == 403)
            }
        }
    }

    @Test("a link that one browser began is not finished by another, so nobody is linked to somebody else's membership")
    func otherBrowser() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider)
                var (attacker, victim) = (SignInBrowser(test, provider), SignInBrowser(test, provider))
                let begun = try await attacker.link(connection, token: tenant.token)
                let query = try #require(begun.json["url"]?.string?.split(separator: "?").last)
                let lured = try await victim.start(connection, query: "?\(query)")
                #expect(lured.status == 401 && lured.headers["Location"].isEmpty)
                let started = try await attacker.start(connection, query: "?\(query)")
                let (code, state) = try provider.authorize(
                    try #require(started.headers["Location"].first), as: "victim")
                _ = try await victim.start(connection)
                let answer = try await victim.finish(connection, code: code, state: state)
                #expect(answer.status == 401)
            }
        }
    }

    @Test("a person belongs to one member, and a member to one person of a provider")
    func taken() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                let somebody = try await browser.logIn(connection, as: "bob")
                let taken = try await browser.link(connection, token: tenant.token, as: "bob")
                #expect(taken.status == 409 && taken.code == "already_linked")
                for _ in 0..<2 {
                    let linked = try await browser.link(connection, token: tenant.token, as: "ada")
                    #expect(linked.status == 200)
                }
                let second = try await browser.link(connection, token: tenant.token, as: "eve")
                #expect(second.status == 409 && second.code == "already_linked")
                let profiles = (
                    try await test.profile(of: browser.logIn(connection, as: "bob")),
                    try await test.profile(of: browser.logIn(connection, as: "ada"))
                )
                #expect(try await profiles.0 == test.profile(of: somebody))
                #expect(profiles.1 == tenant.session.actor.id.description)
            }
        }
    }

    @Test("another tenant's connection cannot be linked to, and answers like a missing one")
    func otherTenant() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let (a, b) = (try await test.tenant("acme"), try await test.tenant("beta"))
                let connection = try await test.connect(a, provider)
                let client = TestClient(test.url)
                for method in ["POST", "DELETE"] {
                    let foreign = try await client.send(method, "/v1/auth/oidc/\(connection)/link", token: b.token)
                    let missing = try await client.send(
                        method, "/v1/auth/oidc/\(ID<Void>.make())/link", token: b.token)
                    #expect(foreign.status == 404 && foreign.withoutRequestID == missing.withoutRequestID)
                }
            }
        }
    }
}
