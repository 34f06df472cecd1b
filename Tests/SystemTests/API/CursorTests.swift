import PluginKit
import TestKit
import Testing

/// A cursor belongs to the list and the tenant that made it.
@Suite("Cursors")
struct CursorTests {
    @Test("Another list and another tenant refuse a cursor that is good elsewhere")
    func cursorsStayAtHome() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let other = try await test.tenant("other")
            let client = TestClient(test.url)
            for number in 0..<2 {
                let body: JSONValue = ["email": .string("c\(number)@example.com")]
                #expect(try await client.send("POST", "/v1/customers", token: tenant.token, body: body).status == 201)
            }
            let page = try await client.send("GET", "/v1/customers?limit=1", token: tenant.token)
            let cursor = try #require(page.json["next_cursor"]?.string)
            #expect(try await client.send("GET", "/v1/customers?cursor=\(cursor)", token: tenant.token).status == 200)
            for (path, token) in [
                ("/v1/customers", other.token), ("/v1/conversations", tenant.token), ("/v1/members", tenant.token),
                ("/v1/knowledge/items", tenant.token), ("/v1/operator/tenants", test.operatorToken),
            ] {
                let answer = try await client.send("GET", "\(path)?cursor=\(cursor)", token: token)
                #expect(answer.status == 422, "\(path)")
                #expect(answer.json["errors"]?.array?.first?["pointer"] == "?cursor", "\(path)")
            }
        }
    }
}
