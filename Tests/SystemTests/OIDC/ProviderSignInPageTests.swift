import Cryptography
import Foundation
import NIOHTTP1
import Platform
import PluginKit
import TestKit
import Testing

/// What a person's browser is shown where a sign-in ends.
@Suite("Provider sign-in: page")
struct ProviderSignInPageTests {
    /// As Chromium and Firefox say it.
    private static let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"

    private func with(
        _ body: @Sendable (TestPlatform, FakeProvider, TestTenant, String) async throws -> Void
    ) async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                try await body(test, provider, tenant, connection)
            }
        }
    }

    @Test("a browser is shown a page that hands the session on, and nothing of it stands in an address or is kept")
    func page() async throws {
        try await with { test, provider, _, connection in
            // What a provider calls somebody is text.
            provider.forge { $0.claims = ["name": "\"></main><script>alert(1)</script>"] }
            var browser = SignInBrowser(test, provider)
            browser.accept = Self.accept
            let answer = try await browser.logIn(connection, as: "ada")
            #expect(answer.status == 200 && answer.header("Content-Type") == "text/html; charset=utf-8")
            #expect(answer.header("Cache-Control") == "no-store" && answer.header("Referrer-Policy") == "no-referrer")
            #expect(answer.header("Location") == nil && answer.header("Set-Cookie")?.contains("Max-Age=0") == true)
            #expect(!answer.text.contains("alert(1)</script>"))
            let outcome = try Self.outcome(answer)
            #expect(outcome["outcome"] == "logged_in")
            let token = outcome["session"]?["access_token"]?.string
            let me = try await TestClient(test.url).send("GET", "/v1/me", token: token)
            #expect(me.status == 200)
        }
    }

    @Test("the page's policy lets its own script and style run, and no other")
    func policy() async throws {
        try await with { test, provider, _, connection in
            var browser = SignInBrowser(test, provider)
            browser.accept = Self.accept
            let answer = try await browser.logIn(connection, as: "ada")
            let policy = try #require(answer.header("Content-Security-Policy"))
            for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
                #expect(policy.contains(directive))
            }
            #expect(!policy.contains("unsafe"))
            for (element, directive) in [("script", "script-src"), ("style", "style-src")] {
                let parts = answer.text.components(separatedBy: "<\(element)>")
                #expect(parts.count == 2)
                let content = try #require(parts.last?.components(separatedBy: "</\(element)>").first)
                let digest = Data(SHA256.digest(content)).base64EncodedString()
                let source = digest.replacing("+", with: "-").replacing("/", with: "_")
                #expect(policy.contains("\(directive) 'sha256-\(source)'"))
            }
            #expect(!answer.text.contains(" src=") && !answer.text.contains(" onclick"))
        }
    }

    @Test(
        "a program is answered with JSON, whatever else it takes",
        arguments: ["", "*/*", "application/json", "application/json, text/html;q=0.5", "text/plain"])
    func programs(accept: String) async throws {
        try await with { test, provider, _, connection in
            var browser = SignInBrowser(test, provider)
            browser.accept = accept
            let answer = try await browser.logIn(connection, as: "ada")
            #expect(answer.status == 200 && answer.json["outcome"] == "logged_in")
            #expect(answer.header("Content-Type") == "application/json")
            let refused = try await browser.finish(connection, code: "x", state: "x")
            #expect(refused.header("Content-Type") == "application/problem+json" && refused.code == "sign_in_refused")
        }
    }

    @Test("who does not get in is told so on a page, with the status of the problem")
    func refusals() async throws {
        try await with { test, provider, tenant, connection in
            var browser = SignInBrowser(test, provider)
            browser.accept = Self.accept
            let uninvited = try await browser.finish(connection, code: "<b>x", state: "<b>x")
            #expect(uninvited.status == 401 && uninvited.text.contains("This sign-in does not hold; begin again."))
            #expect(uninvited.header("Content-Type") == "text/html; charset=utf-8" && !uninvited.text.contains("<b>"))
            let closed = try await test.connect(tenant, provider)
            let stranger = try await browser.logIn(closed, as: "nobody")
            #expect(stranger.status == 403 && stranger.text.contains("ask an admin"))
            let unknown = try await browser.start("nonsense")
            #expect(unknown.status == 401 && unknown.text.contains("<main>"))
        }
    }

    @Test("a page asks for the second factor, and has the state that proves it")
    func secondFactor() async throws {
        try await with { test, provider, tenant, connection in
            let people = PeopleSite(test: test, tenant: tenant, client: TestClient(test.url))
            try await people.add("grace", role: "agent")
            let token = try await people.token("grace")
            var browser = SignInBrowser(test, provider)
            _ = try await browser.link(connection, token: token, as: "grace")
            let codes = try await LoginTests.addFactor(people, token).recovery
            browser.accept = Self.accept
            let page = try await browser.logIn(connection, as: "grace")
            #expect(page.text.contains("<form>") && page.text.contains("autocomplete=\"one-time-code\""))
            let outcome = try Self.outcome(page)
            #expect(outcome["outcome"] == "second_factor_required" && outcome["session"] == .null)
            browser.accept = "application/json"
            let answer = try await browser.prove(connection, state: outcome["state"], code: codes[0])
            #expect(answer.status == 200 && answer.json["outcome"] == "logged_in")
        }
    }

    /// What the page's script reads.
    private static func outcome(_ answer: TestClient.Answer) throws -> JSONValue {
        let attribute = try #require(answer.text.components(separatedBy: "data-outcome=\"").last)
        var text = try #require(attribute.components(separatedBy: "\"").first)
        for (entity, character) in [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&amp;", "&")] {
            text = text.replacing(entity, with: character)
        }
        return try JSONParser.parse(Array(text.utf8))
    }
}
