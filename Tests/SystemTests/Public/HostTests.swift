import NIOHTTP1
import Platform
import PluginKit
import TestKit
import Testing

/// Hosts of tenants: an operator gives them, and a request finds one tenant by them or none.
@Suite("Hosts of tenants")
struct HostTests {
    private static func give(
        _ host: String, to tenant: TestTenant, _ test: TestPlatform
    ) async throws -> TestClient.Answer {
        try await TestClient(test.url).send(
            "POST", "/v1/operator/tenants/\(tenant.id)/hosts", token: test.operatorToken,
            body: ["host": .string(host)])
    }

    /// A platform with two tenants on hosts of their own, each with one published article that is named as they are.
    private static func with(
        _ body: @Sendable (TestPlatform, _ one: TestTenant, _ other: TestTenant) async throws -> Void
    ) async throws {
        try await TestPlatform.with { test in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            for tenant in [one, other] {
                #expect(try await give("help.\(tenant.slug).example", to: tenant, test).status == 201)
                let written = try await TestClient(test.url).send(
                    "POST", "/v1/knowledge/items", token: tenant.token,
                    body: ["title": .string("Of \(tenant.slug)"), "body": "", "status": "published"])
                #expect(written.status == 201)
            }
            try await body(test, one, other)
        }
    }

    /// The answer to a request of these lines.
    private static func raw(_ lines: [String], _ test: TestPlatform) async throws -> String {
        let connection = try RawConnection(test.url)
        try await connection.send(Array((lines + ["Connection: close", "", ""]).joined(separator: "\r\n").utf8))
        return try await connection.readToEnd().text
    }

    @Test(
        "A host is found however it is written, and shows its tenant alone",
        arguments: ["help.one.example", "HELP.One.EXAMPLE", "help.one.example.", "help.one.example:80"])
    func spellings(host: String) async throws {
        try await Self.with { test, _, _ in
            let page = try await Self.raw(["GET /help HTTP/1.1", "Host: \(host)"], test)
            #expect(page.hasPrefix("HTTP/1.1 200") && page.contains("Of one") && !page.contains("Of other"))
            #expect(page.contains("href=\"/help/items/"))
            let absolute = try await Self.raw(["GET http://\(host)/help HTTP/1.1", "Host: \(host)"], test)
            #expect(absolute.contains("Of one"))
        }
    }

    @Test("On a tenant's host there is nothing but what is public")
    func nothingElse() async throws {
        try await Self.with { test, one, _ in
            for path in [
                "/v1/me", "/healthz", "/docs", "/openapi.json", "/metrics", "/public/one/help",
                "/public/other/help",
                "/../public/other/help", "/help/../../other/help", "/%2e%2e/other/help", "//other/help", "/hooks/x",
                "/files/x", "/frames/x/y",
            ] {
                let answer = try await Self.raw(
                    ["GET \(path) HTTP/1.1", "Host: help.one.example", "Authorization: Bearer \(one.token)"], test)
                #expect(answer.hasPrefix("HTTP/1.1 404") && !answer.contains("Of other"), "\(path): \(answer)")
            }
        }
    }

    @Test("The root of a tenant's host leads to the home that a module offers, as long as the module serves the tenant")
    func home() async throws {
        try await Self.with { test, one, _ in
            let lines = ["GET / HTTP/1.1", "Host: help.one.example"]
            let answer = try await Self.raw(lines, test)
            #expect(answer.hasPrefix("HTTP/1.1 302") && answer.lowercased().contains("\r\nlocation: /help\r\n"))
            #expect(try await Self.raw(["HEAD / HTTP/1.1", "Host: help.one.example"], test).hasPrefix("HTTP/1.1 302"))
            #expect(try await Self.raw(["POST / HTTP/1.1", "Host: help.one.example"], test).hasPrefix("HTTP/1.1 404"))
            // The platform's own root leads nowhere.
            #expect(try await Self.raw(["GET / HTTP/1.1", "Host: 127.0.0.1"], test).hasPrefix("HTTP/1.1 404"))
            _ = try await TestClient(test.url).send(
                "PATCH", "/v1/modules/knowledge", token: one.token, body: ["enabled": false])
            #expect(try await Self.raw(lines, test).hasPrefix("HTTP/1.1 404"))
            let other = try await Self.raw(["GET / HTTP/1.1", "Host: help.other.example"], test)
            #expect(other.hasPrefix("HTTP/1.1 302"))
        }
    }

    @Test("A69: A request that names two hosts is refused, and no other header names one")
    func spoofing() async throws {
        try await Self.with { test, _, _ in
            for lines in [
                ["GET /help HTTP/1.1", "Host: help.one.example", "Host: help.other.example"],
                ["GET /help HTTP/1.1", "Host: help.one.example", "Host: help.one.example"],
                ["GET http://help.other.example/help HTTP/1.1", "Host: help.one.example"],
                ["GET http://help.one.example/help HTTP/1.1", "Host: 127.0.0.1"],
                ["GET http://127.0.0.1/help HTTP/1.1", "Host: help.one.example"],
            ] {
                let answer = try await Self.raw(lines, test)
                #expect(answer.hasPrefix("HTTP/1.1 400") && !answer.contains("Of o"), "\(lines): \(answer)")
            }
            for host in [
                "help.none.example", "one.example", "xhelp.one.example", "help.one.example.evil", "127.0.0.1",
                "help.one.example@help.other.example", "help.one.example, help.other.example", "", "help.one.example:x",
            ] {
                let answer = try await Self.raw(["GET /help HTTP/1.1", "Host: \(host)"], test)
                #expect(!answer.contains("Of o") && !answer.hasPrefix("HTTP/1.1 200"), "\(host): \(answer)")
            }
            for header in ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host", "X-Rewrite-URL"] {
                let answer = try await Self.raw(
                    ["GET /help HTTP/1.1", "Host: 127.0.0.1", "\(header): help.one.example"], test)
                #expect(answer.hasPrefix("HTTP/1.1 404"), "\(header)")
                let stays = try await Self.raw(
                    ["GET /help HTTP/1.1", "Host: help.one.example", "\(header): help.other.example"], test)
                #expect(stays.contains("Of one") && !stays.contains("Of other"), "\(header)")
            }
        }
    }

    @Test("A host belongs to one tenant; taken away, it leads nowhere, and given to another, to them")
    func ownership() async throws {
        try await Self.with { test, one, other in
            for host in ["help.one.example", "HELP.ONE.example", "help.one.example."] {
                #expect(try await Self.give(host, to: other, test).code == "already_exists", "\(host)")
            }
            for host in ["127.0.0.1", "localhost", "a.example:80", "a b.example", "*.example", "https://a.example"] {
                #expect(try await Self.give(host, to: other, test).code == "host_refused", "\(host)")
            }
            let client = TestClient(test.url)
            let path = "/v1/operator/tenants/\(one.id)/hosts"
            let listed = try await client.send("GET", path, token: test.operatorToken)
            #expect(listed.json["data"]?.array?.map { $0["host"] } == ["help.one.example"])
            #expect(try await client.send("POST", path, token: one.token, body: ["host": "a.example"]).status == 401)
            let foreign = "/v1/operator/tenants/\(other.id)/hosts/help.one.example"
            #expect(try await client.send("DELETE", foreign, token: test.operatorToken).status == 404)
            let gone = try await client.send("DELETE", "\(path)/help.one.example", token: test.operatorToken)
            #expect(gone.status == 204)
            let request = ["GET /help HTTP/1.1", "Host: help.one.example"]
            #expect(try await Self.raw(request, test).hasPrefix("HTTP/1.1 404"))
            #expect(try await Self.give("help.one.example", to: other, test).status == 201)
            #expect(try await Self.raw(request, test).contains("Of other"))
        }
    }
}
