import PluginKit
import Postgres
import TestKit
import Testing

/// Reads that somebody may have to answer for.
@Suite("Sensitive reads")
struct SensitiveReadTests {
    /// What was told of a type, oldest first: who acted, and what.
    private static func told(_ type: String, _ site: DoorsSite) async throws -> [(actor: String, data: JSONValue)] {
        try await site.test.database.asSuperuser { admin in
            let result = try await admin.run(
                """
                SELECT actor_kind || ' ' || tenant_id AS actor, data::text AS data
                FROM core.events
                WHERE type = \(type)
                ORDER BY id
                """)
            return try result.rows.map { row in
                (try row.get("actor"), try JSONParser.parse(Array(try row.get("data", as: String.self).utf8)))
            }
        }
    }

    @Test("An export is told of with who took it, before its first byte; one that is refused is not")
    func exports() async throws {
        try await DoorsSite.with { site in
            try await site.write(["title"], status: "draft", of: site.one)
            let path = "/v1/doors/export"
            #expect(try await site.client.send("GET", "\(path)?format=xml", token: site.one.token).status == 422)
            #expect(try await site.client.send("GET", path).status == 401)
            #expect(try await Self.told("export.begun", site).isEmpty)

            #expect(try await site.client.send("GET", "\(path)?format=csv", token: site.one.token).status == 200)
            let told = try await Self.told("export.begun", site)
            #expect(told.map(\.actor) == ["m \(site.one.id)"])
            #expect(told.map(\.data) == [["route": "GET /v1/doors/export", "format": "csv"]])
        }
    }

    @Test("A module's use of a secret is told of once in an hour, and is no change of the secret")
    func secrets() async throws {
        try await DoorsSite.with { site in
            let address = try await site.address("knowledge.echo", of: site.one)
            func call() async throws { #expect(try await site.call(address.path).status == 200) }
            try await call()
            #expect(try await Self.told("secret.used", site).isEmpty, "there is none")
            let set = try await site.client.send(
                "PATCH", "/v1/modules/knowledge", token: site.one.token, body: ["settings": ["token": "very secret"]])
            #expect(set.status == 200, "\(set.text)")
            for _ in 0..<3 { try await call() }
            let told = try await Self.told("secret.used", site)
            #expect(told.map(\.actor) == ["h \(site.one.id)"])
            #expect(told.map(\.data) == [["name": "token", "module_id": "knowledge"]])

            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.module_secrets SET used_at = now() - INTERVAL '61 minutes'")
            }
            for _ in 0..<2 { try await call() }
            #expect(try await Self.told("secret.used", site).count == 2)
            #expect(try await Self.told("secret.updated", site).isEmpty)
        }
    }
}
