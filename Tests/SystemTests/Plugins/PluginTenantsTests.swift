import Platform
import PluginKit
import TestKit
import Testing

/// What an operator sees of a module's settings in each tenant.
@Suite("Plugin in tenants")
struct PluginTenantsTests {
    @Test("An operator sees how a module is set for each tenant, page by page, and never a secret")
    func pages() async throws {
        try await DoorsSite.with { site in
            _ = try await site.client.send(
                "PATCH", "/v1/modules/knowledge", token: site.one.token,
                body: ["settings": ["token": "very secret 1"]])
            _ = try await site.client.send(
                "PATCH", "/v1/modules/knowledge", token: site.other.token, body: ["enabled": false])
            let path = "/v1/operator/plugins/knowledge/tenants"
            let first = try await site.client.send("GET", "\(path)?limit=1", token: site.test.operatorToken)
            let newest = try #require(first.json["data"]?.array?.first)
            #expect(first.json["data"]?.array?.count == 1)
            #expect(newest["slug"] == "other" && newest["enabled"] == false && newest["is_failing"] == false)
            #expect(newest["secrets"] == ["token": false])
            let cursor = try #require(first.json["next_cursor"]?.string)
            let second = try await site.client.send(
                "GET", "\(path)?limit=1&cursor=\(cursor)", token: site.test.operatorToken)
            let older = try #require(second.json["data"]?.array?.first)
            #expect(older["slug"] == "one" && older["enabled"] == true && older["secrets"] == ["token": true])
            #expect(older["settings"] == [:] && older["status"] == "active")
            #expect(second.json["next_cursor"] == .null)
            #expect(!(first.text + second.text).contains("very secret"))
            #expect(try await site.client.send("GET", path, token: site.one.token).status == 401)
            let none = "/v1/operator/plugins/none/tenants"
            #expect(try await site.client.send("GET", none, token: site.test.operatorToken).status == 404)
        }
    }
}
