import PluginKit
import TestKit
import Testing

/// The help centre: what is published, for everybody, as pages and as JSON.
@Suite("Help centre")
struct HelpTests {
    /// A platform with two tenants, each with an article that is published and one that is not.
    private static func with(
        _ body: @Sendable (TestPlatform, TestClient, _ one: TestTenant, _ other: TestTenant) async throws -> Void
    ) async throws {
        try await TestPlatform.with { test in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            for tenant in [one, other] {
                for status in ["published", "draft"] {
                    try await write(
                        "Parcels of \(tenant.slug), \(status)", "Text of \(tenant.slug)", status, test, tenant)
                }
            }
            try await body(test, TestClient(test.url), one, other)
        }
    }

    private static func write(
        _ title: String, _ text: String, _ status: String, _ test: TestPlatform, _ tenant: TestTenant
    ) async throws {
        let answer = try await TestClient(test.url).send(
            "POST", "/v1/knowledge/items", token: tenant.token,
            body: ["title": .string(title), "body": .string(text), "status": .string(status)])
        #expect(answer.status == 201)
    }

    private static func id(of tenant: TestTenant, status: String, _ client: TestClient) async throws -> String {
        let list = try await client.send("GET", "/v1/knowledge/items?status=\(status)", token: tenant.token)
        return try #require(list.json["data"]?.array?.first?["id"]?.string)
    }

    @Test("Everybody reads what is published of the tenant that is visited, and nothing else")
    func published() async throws {
        try await Self.with { _, client, one, other in
            let item = try await Self.id(of: one, status: "published", client)
            let page = try await client.send("GET", "/public/one/help")
            #expect(page.status == 200 && page.text.contains("Parcels of one, published"))
            #expect(page.text.contains("href=\"/public/one/help/items/\(item)\""))
            #expect(!page.text.contains("draft") && !page.text.contains("other"))
            let article = try await client.send("GET", "/public/one/help/items/\(item)")
            #expect(article.text.contains("<p>Text of one</p>"))
            let found = try await client.send("GET", "/public/one/help/search?q=parcels")
            #expect(found.text.contains("Parcels of one, published") && !found.text.contains("draft"))
            #expect(try await client.send("GET", "/public/one/help/search").text.contains("Nothing was found."))
            let list = try await client.send("GET", "/public/one/help/articles")
            #expect(list.json["data"]?.array?.count == 1 && !list.text.contains("author"))
            #expect(try await client.send("GET", "/public/one/help/articles/\(item)").json["title"] != nil)
            for id in [
                try await Self.id(of: one, status: "draft", client),
                try await Self.id(of: other, status: "published", client), "x", "..", "%2e%2e", "%2e%2e%2fhelp",
            ] {
                for path in ["items", "articles"] {
                    #expect(try await client.send("GET", "/public/one/help/\(path)/\(id)").status == 404, "\(id)")
                }
            }
            for path in ["/public/none/help", "/public//help", "/public/one", "/public/one/v1/me", "/help"] {
                #expect(try await client.send("GET", path).status == 404, "\(path)")
            }
        }
    }

    @Test("An article that holds markup is shown as text, under a policy that runs nothing and without cookies")
    func hostileArticles() async throws {
        try await Self.with { test, client, one, _ in
            let script = "Zebra <script>document.title='run'</script><img src=x onerror=alert(1)>\"'&"
            try await Self.write(script, script, "published", test, one)
            let item = try await Self.id(of: one, status: "published", client)
            for path in ["", "/items/\(item)", "/search?q=zebra", "/search?q=%22%3E%3Cscript%3E"] {
                let page = try await client.send("GET", "/public/one/help\(path)")
                #expect(page.status == 200 && !page.text.contains("<script") && !page.text.contains("<img"), "\(path)")
                #expect(page.text.contains("&lt;script&gt;"), "\(path)")
                #expect(page.header("Set-Cookie") == nil && page.header("Access-Control-Allow-Origin") == nil)
                #expect(page.header("X-Content-Type-Options") == "nosniff")
                #expect(page.header("Referrer-Policy") == "no-referrer")
                let policy = page.header("Content-Security-Policy") ?? ""
                #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"))
            }
        }
    }

    @Test("A page is kept by its tag, which is no other tenant's even where the text is")
    func caching() async throws {
        try await TestPlatform.with { test in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            let client = TestClient(test.url)
            for path in ["help/articles", "help/search?q=x"] {
                let first = try await client.send("GET", "/public/one/\(path)")
                let tag = try #require(first.header("ETag"))
                #expect(first.header("Cache-Control") == "public, max-age=0, must-revalidate")
                let kept = try await client.send("GET", "/public/one/\(path)", headers: [("If-None-Match", tag)])
                #expect(kept.status == 304 && kept.text.isEmpty)
                let foreign = try await client.send("GET", "/public/other/\(path)", headers: [("If-None-Match", tag)])
                #expect(foreign.status == 200 && foreign.header("ETag") != tag)
            }
            let tag = try #require(try await client.send("GET", "/public/one/help").header("ETag"))
            try await Self.write("News", "", "published", test, one)
            let news = try await client.send("GET", "/public/one/help", headers: [("If-None-Match", tag)])
            #expect(news.status == 200 && news.text.contains("News"))
            #expect(!(try await client.send("GET", "/public/\(other.slug)/help").text.contains("News")))
        }
    }

    @Test("It is read by GET and HEAD alone, ends with the switch and with the tenant, and says so to people")
    func refusals() async throws {
        try await Self.with { test, client, one, _ in
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                let answer = try await client.send(
                    method, "/public/one/help", headers: [("Origin", "https://evil.example")])
                #expect(answer.status == 405 && answer.header("Allow") == "GET, HEAD", "\(method)")
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
            }
            let head = try await client.send("HEAD", "/public/one/help")
            #expect(head.status == 200 && head.text.isEmpty && head.header("ETag") != nil)
            _ = try await client.send("PATCH", "/v1/modules/knowledge", token: one.token, body: ["enabled": false])
            let off = try await client.send("GET", "/public/one/help")
            #expect(off.status == 404 && off.header("Content-Type") == "text/html; charset=utf-8")
            #expect(off.header("Cache-Control") == "no-store")
            #expect(try await client.send("GET", "/public/one/help/articles").code == "module_disabled")
            #expect(try await client.send("GET", "/public/other/help").status == 200)
            _ = try await client.send(
                "POST", "/v1/operator/tenants/\(one.id)/suspend", token: test.operatorToken)
            let isOut = try await eventually {
                try await client.send("GET", "/public/one/help/articles").code == "tenant_suspended"
            }
            #expect(isOut)
            #expect(try await client.send("GET", "/public/other/help/articles").status == 200)
        }
    }

    @Test("Many articles are shown page by page")
    func pages() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("one")
            for number in 0..<51 { try await Self.write("Number \(number).", "", "published", test, tenant) }
            let client = TestClient(test.url)
            let first = try await client.send("GET", "/public/one/help")
            let next = try #require(first.text.firstMatch(of: /href="([^"]*\?before=[^"]*)"/)?.1)
            let second = try await client.send("GET", String(next))
            #expect(
                second.text.contains("Number 0.") && !second.text.contains("Number 1.")
                    && !second.text.contains("Older"))
        }
    }
}
