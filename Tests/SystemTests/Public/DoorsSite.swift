import Platform
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// A platform whose knowledge module is the plugin `Doors`, with two tenants.
struct DoorsSite: Sendable {
    let test: TestPlatform
    let client: TestClient
    let one: TestTenant
    let other: TestTenant

    static func with(
        adjust: @Sendable (inout PlatformSettings) -> Void = { _ in },
        _ body: @Sendable (DoorsSite) async throws -> Void
    ) async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Doors")
            try await TestPlatform.with(plugins: folder.path, adjust: adjust) { test in
                #expect(test.platform.registry.active("knowledge")?.name == "Doors")
                try await body(
                    DoorsSite(
                        test: test, client: TestClient(test.url), one: try await test.tenant("one"),
                        other: try await test.tenant("other")))
            }
        }
    }

    /// Makes an address of a hook; its id and its path.
    func address(_ hook: String, of tenant: TestTenant) async throws -> (id: String, path: String) {
        let made = try await client.send(
            "POST", "/v1/hooks", token: tenant.token, body: ["hook": .string(hook), "name": "Shop"])
        #expect(made.status == 201, "\(made.text)")
        return (try #require(made.json["id"]?.string), try #require(made.json["path"]?.string))
    }

    /// Calls an address with plain text.
    func call(
        _ path: String, _ body: String = "hello", headers: [(String, String)] = []
    ) async throws -> TestClient.Answer {
        try await client.send(
            "POST", path, raw: Array(body.utf8), headers: [("Content-Type", "text/plain")] + headers)
    }

    /// Sets a limit of a tenant.
    func limit(_ name: String, _ number: Int64, of tenant: TestTenant) async throws {
        let answer = try await client.send(
            "PATCH", "/v1/operator/tenants/\(tenant.id)", token: test.operatorToken,
            body: ["limits": .object([.init(name, .integer(number))])])
        #expect(answer.status == 200, "\(answer.text)")
    }

    /// Gives a tenant articles with these titles.
    func write(_ titles: [String], status: String, of tenant: TestTenant) async throws {
        try await test.database.asSuperuser { admin in
            _ = try await admin.run(
                """
                INSERT INTO knowledge.knowledge_items (tenant_id, id, title, status)
                SELECT \(tenant.id), gen_random_uuid(), title, \(status)
                FROM unnest(\(titles)) AS title
                """)
        }
    }
}
