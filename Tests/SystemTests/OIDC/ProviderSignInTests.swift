import Foundation
import Identity
import NIOHTTP1
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Sign-in through a real provider on this machine.
@Suite("Provider sign-in")
struct ProviderSignInTests {
    @Test(
        "a member who has linked themselves logs in, by a key of either kind", arguments: [SigningKey.Kind.rsa, .p256])
    func linkedMember(kind: SigningKey.Kind) async throws {
        let key = try kind == .rsa ? SigningKey.rsa.get() : SigningKey.p256.get()
        try await FakeProvider.with(keys: [key]) { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider)
                var browser = SignInBrowser(test, provider)
                let linked = try await browser.link(connection, token: tenant.token, as: "ada")
                #expect(linked.status == 200 && linked.json["outcome"] == "linked" && linked.json["session"] == .null)
                #expect(linked.headers["Set-Cookie"].first?.contains("Max-Age=0") == true)
                var other = SignInBrowser(test, provider)
                let answer = try await other.logIn(connection, as: "ada")
                #expect(answer.status == 200 && answer.json["outcome"] == "logged_in")
                #expect(answer.headers["ETag"].isEmpty)
                #expect(try await test.profile(of: answer) == tenant.session.actor.id.description)
                #expect(provider.refusals.isEmpty)
                let unlinked = try await other.client.send(
                    "DELETE", "/v1/auth/oidc/\(connection)/link", token: tenant.token)
                #expect(unlinked.status == 204)
                let refused = try await other.logIn(connection, as: "ada")
                #expect(refused.status == 403 && refused.code == "not_a_member")
            }
        }
    }

    @Test("the browser gets a cookie that scripts cannot read, and the provider learns no secret")
    func start() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with(adjust: { $0.oidc.publicURL = "https://desk.example" }) { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider)
                var browser = SignInBrowser(test, provider)
                let answer = try await browser.start(connection)
                #expect(answer.status == 302 && answer.text.isEmpty)
                let cookie = try #require(answer.headers["Set-Cookie"].first)
                #expect(cookie.hasPrefix("__Host-romashka_sign_in="))
                for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=600"] {
                    #expect(cookie.contains("; \(attribute)"), "\(attribute)")
                }
                let location = try #require(answer.headers["Location"].first)
                let secret = try #require(cookie.split(separator: ";").first?.split(separator: "=").last)
                #expect(!location.contains(secret) && !location.contains("secret"))
                #expect(
                    location.contains(
                        "redirect_uri=https%3A%2F%2Fdesk.example%2Fv1%2Fauth%2Foidc%2F\(connection)%2Fcallback"))
                let offers = try await browser.client.send("GET", "/v1/auth/oidc/offers?tenant=acme")
                #expect(offers.json["data"]?.array?.first?["id"]?.string == connection)
                let others = try await browser.client.send("GET", "/v1/auth/oidc/offers?tenant=nobody")
                #expect(others.status == 200 && others.json["data"]?.array == [])
            }
        }
    }

    @Test("an unknown person is refused, or becomes a viewer with an account of their own, never that of an address")
    func provisioning() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                // The provider says that everybody is the admin, by address, verified or not.
                for isVerified in [true, false] {
                    provider.forge {
                        $0.claims = ["email": "admin@acme.example", "email_verified": .bool(isVerified)]
                    }
                    let closed = try await test.connect(tenant, provider)
                    var browser = SignInBrowser(test, provider)
                    let refused = try await browser.logIn(closed, as: "ada")
                    #expect(refused.status == 403 && refused.code == "not_a_member")
                    let open = try await test.connect(tenant, provider, provisioning: "create")
                    let first = try await browser.logIn(open, as: "ada")
                    let profile = try #require(try await test.profile(of: first))
                    #expect(profile != tenant.session.actor.id.description)
                    #expect(first.json["session"]?["profile"]?["role"] == "viewer")
                    let again = try await browser.logIn(open, as: "ada")
                    #expect(try await test.profile(of: again) == profile)
                    let other = try await browser.logIn(open, as: "bob")
                    #expect(try await test.profile(of: other) != profile)
                    let members = try await browser.client.send("GET", "/v1/members", token: tenant.token)
                    let member = try #require(members.json["data"]?.array?.first { $0["id"]?.string == profile })
                    #expect(member["email"] == .null && member["name"] == "Person ada" && member["role"] == "viewer")
                }
            }
        }
    }

    @Test("the same address, and the same subject, at two providers are two people")
    func twoProviders() async throws {
        try await FakeProvider.with { one in
            try await FakeProvider.with { two in
                try await TestPlatform.with { test in
                    let (a, b) = (try await test.tenant("acme"), try await test.tenant("beta"))
                    var profiles: Set<String> = []
                    for (tenant, provider) in [(a, one), (a, two), (b, one)] {
                        let connection = try await test.connect(tenant, provider, provisioning: "create")
                        var browser = SignInBrowser(test, provider)
                        let answer = try await browser.logIn(connection, as: "ada")
                        #expect(answer.json["session"]?["tenant"]?["id"]?.string == tenant.id.description)
                        profiles.insert(try #require(try await test.profile(of: answer)))
                    }
                    #expect(profiles.count == 3)
                }
            }
        }
    }

    @Test("a member who was disabled does not come back, nor as somebody new")
    func disabledMember() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                let profile = try #require(try await test.profile(of: browser.logIn(connection, as: "ada")))
                try await test.database.asSuperuser {
                    try await $0.run("UPDATE core.profiles SET status = 'disabled' WHERE id = \(profile)::uuid")
                }
                let answer = try await browser.logIn(connection, as: "ada")
                #expect(answer.status == 403 && answer.code == "not_a_member")
            }
        }
    }

    @Test("two tabs that sign a new person in at once make one member")
    func parallelProvisioning() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                let answers = try await withThrowingTaskGroup(of: TestClient.Answer.self) { tasks in
                    for _ in 0..<6 {
                        tasks.addTask {
                            var browser = SignInBrowser(test, provider)
                            return try await browser.logIn(connection, as: "ada")
                        }
                    }
                    return try await tasks.reduce(into: []) { $0.append($1) }
                }
                for answer in answers { #expect(answer.status == 200, "\(answer.text)") }
                var profiles: Set<String?> = []
                for answer in answers { profiles.insert(try await test.profile(of: answer)) }
                #expect(profiles.count == 1 && !profiles.contains(nil))
            }
        }
    }
}
