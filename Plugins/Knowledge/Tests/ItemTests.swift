import PluginKit
import TestKit
import Testing

/// The knowledge base over HTTP, against a real database.
@Suite("Knowledge")
struct ItemTests {
    @Test("An article is written, changed, found and removed")
    func articlesLive() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let other = try await test.tenant("other")
            let client = TestClient(test.url)
            let created = try await client.send(
                "POST", "/v1/knowledge/items", token: tenant.token,
                body: ["title": "Returns", "body": "Print the label and bring the parcel."])
            #expect(created.status == 201 && created.json["version"] == 1)
            let path = "/v1/knowledge/items/\(try #require(created.json["id"]?.string))"
            let changed = try await client.send("PATCH", path, token: tenant.token, body: ["status": "published"])
            #expect(changed.json["version"] == 2 && changed.json["title"] == "Returns")
            let found = try await client.send("GET", "/v1/knowledge/search?q=parcel", token: tenant.token)
            #expect(found.json["data"]?.array?.count == 1)
            let foreign = try await client.send("GET", "/v1/knowledge/search?q=parcel", token: other.token)
            #expect(foreign.json["data"]?.array?.isEmpty == true)
            #expect(try await client.send("DELETE", path, token: other.token).status == 404)
            #expect(try await client.send("DELETE", path, token: tenant.token).status == 204)
            #expect(try await client.send("GET", path, token: tenant.token).status == 404)
        }
    }

    @Test(
        "Odd searches find nothing and break nothing",
        arguments: ["%22", "-", "a%20OR", "((((", "%27%3B--", "%F0%9F%98%80", "a%26%7C%21", "%5C"])
    func oddSearchesAreHarmless(query: String) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let answer = try await TestClient(test.url).send(
                "GET", "/v1/knowledge/search?q=\(query)", token: tenant.token)
            #expect(answer.status == 200)
        }
    }
}
