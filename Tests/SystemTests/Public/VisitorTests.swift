import NIOHTTP1
import PluginKit
import Postgres
import TestKit
import Testing

/// What visitors reach when the plugin that serves them means harm: what its tenant has published, and nothing else.
@Suite("Visitors")
struct VisitorTests {
    private static func attack(_ site: DoorsSite, _ sql: String, of slug: String = "one") async throws -> JSONValue {
        let query = sql.utf8.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
        let answer = try await site.client.send("GET", "/public/\(slug)/doors/attack?sql=\(query)")
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json
    }

    private static func publish(_ site: DoorsSite) async throws {
        for tenant in [site.one, site.other] {
            try await site.write(["published by \(tenant.slug)"], status: "published", of: tenant)
            try await site.write(["draft of \(tenant.slug)"], status: "draft", of: tenant)
            try await site.write(["archived by \(tenant.slug)"], status: "archived", of: tenant)
        }
    }

    @Test("Hostile SQL in a visitor's session reads what its tenant has published, by any way round")
    func reading() async throws {
        try await DoorsSite.with { site in
            try await Self.publish(site)
            let table = "knowledge.knowledge_items"
            for sql in [
                "SELECT title FROM \(table)", "SELECT title FROM \(table) WHERE status <> 'published' OR true",
                "SELECT title FROM \(table) WHERE tenant_id <> '\(site.one.id)' OR status = 'published'",
                "SELECT i.title FROM \(table) i RIGHT JOIN \(table) j ON true",
                "SELECT string_agg(title, ',') FROM \(table)",
            ] {
                let loot = try await Self.attack(site, sql)
                #expect(loot["rows"] == ["published by one"], "\(sql): \(loot)")
            }
            // The search runs as a role that sees every row: what it answers is kept to the same.
            for (word, count) in [("published", 1), ("draft", 0), ("archived", 0), ("one", 1), ("other", 0)] {
                let loot = try await Self.attack(site, "SELECT id::text FROM knowledge.search_items('\(word)', 50)")
                #expect(loot["rows"]?.array?.count == count, "\(word): \(loot)")
            }
            for sql in [
                "SELECT c::text FROM knowledge.knowledge_categories AS c",
                "SELECT s::text FROM knowledge.knowledge_suggestions AS s",
                "SELECT 'x' FROM \(table) WHERE 1 / (CASE WHEN status = 'draft' THEN 0 ELSE 1 END) = 2",
            ] {
                #expect(try await Self.attack(site, sql)["rows"] == [], "\(sql)")
            }
        }
    }

    @Test("Hostile SQL in a visitor's session writes nothing")
    func writing() async throws {
        try await DoorsSite.with { site in
            try await Self.publish(site)
            let table = "knowledge.knowledge_items"
            let own = "'\(site.one.id)'"
            for sql in [
                "UPDATE \(table) SET title = 'mine' RETURNING title", "DELETE FROM \(table) RETURNING title",
                "INSERT INTO \(table) (tenant_id, id, title, status) VALUES (\(own), gen_random_uuid(), 'x', 'published') RETURNING title",
                "SELECT title FROM \(table) FOR UPDATE", "WITH d AS (DELETE FROM \(table) RETURNING title) TABLE d",
                "SELECT core.emit('x.y', gen_random_uuid(), '{}')::text", "SET transaction_read_only = off",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SET TRANSACTION READ WRITE",
                "SELECT set_config('transaction_read_only', 'off', true)", "CREATE TEMP TABLE x (y int)",
                "SELECT core.file_ref(gen_random_uuid(), gen_random_uuid())::text",
            ] {
                let loot = try await Self.attack(site, sql)
                #expect(loot["rows"] == [] && loot["error"] != "", "\(sql): \(loot)")
            }
            try await site.test.database.asSuperuser { admin in
                let rows = try await admin.run("SELECT title FROM knowledge.knowledge_items ORDER BY title").rows
                #expect(
                    try rows.map { try $0.get("title", as: String.self).prefix(3) }.joined() == "arcarcdradrapubpub")
            }
        }
    }

    @Test("A list for visitors is cut into pages, whose cursors fit their tenant alone")
    func lists() async throws {
        try await DoorsSite.with { site in
            for tenant in [site.one, site.other] {
                try await site.write(
                    ["a", "b", "c"].map { "\($0) of \(tenant.slug)" }, status: "published", of: tenant)
            }
            let first = try await site.client.send("GET", "/public/one/doors/titles?limit=2")
            let cursor = try #require(first.json["next_cursor"]?.string)
            let second = try await site.client.send("GET", "/public/one/doors/titles?limit=2&cursor=\(cursor)")
            #expect(second.json["data"]?.array?.count == 1 && second.json["next_cursor"] == .null)
            #expect(try await site.client.send("GET", "/public/other/doors/titles?cursor=\(cursor)").status == 422)
            #expect(!first.text.contains("other") && !second.text.contains("other"))
        }
    }

    @Test("Text in a page stays text, whatever it holds")
    func pages() async throws {
        try await DoorsSite.with { site in
            let text = "%3C/title%3E%3Cscript%3Ealert(1)%3C/script%3E%22%20onload=%22x%27"
            let answer = try await site.client.send("GET", "/public/one/doors/page?t=\(text)")
            #expect(answer.status == 200 && answer.headers["Content-Type"] == ["text/html; charset=utf-8"])
            #expect(!answer.text.contains("<script") && !answer.text.contains("\" onload"))
            #expect(answer.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            let policy = try #require(answer.headers.first(name: "Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe") && !policy.contains("script-src"))
        }
    }

    @Test("A tenant's flood of visitors is refused, its own people and other tenants' visitors are not")
    func floods() async throws {
        try await DoorsSite.with { site in
            try await site.limit("visitor_requests_per_minute", 20, of: site.one)
            var statuses: [Int] = []
            for _ in 0..<4 {
                statuses.append(try await site.client.send("GET", "/public/one/doors/titles").status)
            }
            #expect(statuses == [200, 200, 429, 429])
            #expect(try await site.client.send("GET", "/public/other/doors/titles").status == 200)
            #expect(try await site.client.send("GET", "/v1/me", token: site.one.token).status == 200)
        }
    }
}
