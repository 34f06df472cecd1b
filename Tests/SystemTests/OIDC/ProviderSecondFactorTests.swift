import NIOHTTP1
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// A second factor guards its account on every way in.
@Suite("Provider sign-in: second factor")
struct ProviderSecondFactorTests {
    /// A member with a second factor, linked to a provider.
    private struct Site {
        let people: PeopleSite
        let provider: FakeProvider
        let connection: String
        let recoveryCodes: [String]

        /// A sign-in that has come to the second factor.
        func halfway() async throws -> (browser: SignInBrowser, state: JSONValue?) {
            var browser = SignInBrowser(people.test, provider)
            let answer = try await browser.logIn(connection, as: "grace")
            #expect(answer.status == 200 && answer.json["outcome"] == "second_factor_required", "\(answer.text)")
            #expect(answer.json["session"] == .null && !answer.text.contains("access_token"))
            return (browser, answer.json["state"])
        }
    }

    private func with(_ body: @Sendable (Site) async throws -> Void) async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let people = PeopleSite(test: test, tenant: tenant, client: TestClient(test.url))
                try await people.add("grace", role: "agent")
                let token = try await people.token("grace")
                let connection = try await test.connect(tenant, provider)
                var browser = SignInBrowser(test, provider)
                #expect(try await browser.link(connection, token: token, as: "grace").json["outcome"] == "linked")
                let codes = try await LoginTests.addFactor(people, token).recovery
                try await body(
                    Site(people: people, provider: provider, connection: connection, recoveryCodes: codes))
            }
        }
    }

    @Test("An account with a second factor is not opened by a provider alone, but with a code, once")
    func asked() async throws {
        try await with { site in
            let (browser, state) = try await site.halfway()
            let wrong = try await browser.prove(site.connection, state: state, code: "000000")
            #expect(wrong.status == 401 && wrong.code == "sign_in_refused")
            let answer = try await browser.prove(site.connection, state: state, code: site.recoveryCodes[0])
            #expect(answer.status == 200 && answer.json["outcome"] == "logged_in", "\(answer.text)")
            #expect(answer.headers["Set-Cookie"].first?.contains("Max-Age=0") == true)
            let token = answer.json["session"]?["access_token"]?.string
            let sessions = try await site.people.send("GET", "/me/sessions", token: token)
            let own = sessions.json["data"]?.array?.first { $0["current"] == true }
            #expect(own?["second_factor"] == true)
            // Neither the state nor the code holds twice.
            let again = try await browser.prove(site.connection, state: state, code: site.recoveryCodes[1])
            #expect(again.code == "sign_in_refused")
            let (next, fresh) = try await site.halfway()
            #expect(
                try await next.prove(site.connection, state: fresh, code: site.recoveryCodes[0]).code
                    == "sign_in_refused")
        }
    }

    @Test("A provider that says mfa has asked already; whatever else it says, it has not")
    func methods() async throws {
        try await with { site in
            for methods: JSONValue in [["pwd"], [], "mfa", ["MFA"], ["pwd", "otp"], [["mfa"]]] {
                site.provider.forge { $0.claims = ["amr": methods, "acr": "mfa"] }
                _ = try await site.halfway()
            }
            site.provider.forge { $0.claims = ["amr": ["pwd", "mfa"]] }
            var browser = SignInBrowser(site.people.test, site.provider)
            let answer = try await browser.logIn(site.connection, as: "grace")
            #expect(answer.json["outcome"] == "logged_in", "\(answer.text)")
        }
    }

    @Test("What waits for a second factor is worth nothing elsewhere: other browsers, connections, states and routes")
    func bound() async throws {
        try await with { site in
            let (browser, state) = try await site.halfway()
            let code = site.recoveryCodes[0]
            let other = try await site.people.test.connect(site.people.tenant, site.provider)
            let (stranger, theirs) = try await site.halfway()
            for refused in [
                try await browser.prove(site.connection, state: state, code: code, sendsCookie: false),
                try await stranger.prove(site.connection, state: state, code: code),
                try await browser.prove(site.connection, state: theirs, code: code),
                try await browser.prove(other, state: state, code: code),
                try await browser.prove(site.connection, state: "x", code: code),
                try await browser.finish(site.connection, code: "x", state: state?.string),
            ] { #expect(refused.status == 401 && refused.code == "sign_in_refused", "\(refused.text)") }
            // A state that began a login is none that waits for a factor.
            var fresh = SignInBrowser(site.people.test, site.provider)
            let started = try await fresh.start(site.connection)
            let location = try #require(started.headers["Location"].first)
            let begun = try site.provider.authorize(location, as: "grace").state
            let skipped = try await fresh.prove(site.connection, state: .string(begun), code: code)
            #expect(skipped.code == "sign_in_refused")
            // Whoever was unlinked meanwhile is nobody.
            try await site.people.test.database.asSuperuser { _ = try await $0.run("DELETE FROM core.oidc_identities") }
            #expect(try await browser.prove(site.connection, state: state, code: code).code == "sign_in_refused")
        }
    }

    @Test("Codes are guessed no oftener than passwords")
    func guesses() async throws {
        try await with { site in
            let (browser, state) = try await site.halfway()
            var statuses: [Int] = []
            for _ in 0..<11 {
                statuses.append(try await browser.prove(site.connection, state: state, code: "000000").status)
            }
            #expect(statuses.dropLast().allSatisfy { $0 == 401 } && statuses.last == 429)
            let right = try await browser.prove(site.connection, state: state, code: site.recoveryCodes[0])
            #expect(right.status == 429)
        }
    }
}
