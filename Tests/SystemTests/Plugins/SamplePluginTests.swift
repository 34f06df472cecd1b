import Foundation
import HTTP
import NIOHTTP1
import Platform
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// A third party's plugin: made from the template, built outside, dropped in.
@Suite("Sample plugin", .serialized)
struct SamplePluginTests {
    /// Its own, because the sample's roles belong to a whole server.
    private static let server = Task { try await TestServer.start() }

    /// A platform with the sample among its plugins, migrated.
    func with(
        _ body: @Sendable (TestPlatform, TestClient) async throws -> Void
    ) async throws {
        let sample = try await blocking { try SamplePlugin.folder() }
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copy("Knowledge")
            try FileManager.default.copyItem(atPath: sample, toPath: "\(folder.path)/Sample")
            try await TestPlatform.with(plugins: folder.path, migratedOn: try await Self.server.value) { test in
                try await body(test, TestClient(test.url))
            }
        }
    }

    @Test("It passes its own check")
    func check() async throws {
        let sample = try await blocking { try SamplePlugin.folder() }
        let result = try await Romashka.run(["plugin", "check", sample])
        #expect(result.status == 0 && result.output.isEmpty, "\(result.output)\(result.errors)")
        #expect(result.errors.contains("/fresh/Sample/libSample.so"), "\(result.errors)")
    }

    @Test("P13: It serves its own table to a tenant for whom it is on, and 404 to one for whom it is off")
    func routes() async throws {
        try await with { test, client in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            let off = try await client.send(
                "PATCH", "/v1/modules/sample", token: other.token, body: ["enabled": false])
            #expect(off.json["enabled"] == false)
            let written = try await client.send(
                "POST", "/v1/sample/notes", token: one.token, body: ["text": "calls only after six"])
            #expect(written.status == 201 && written.json["text"] == "Hello. calls only after six")
            #expect(try await client.send("GET", "/v1/sample/notes", token: other.token).code == "module_disabled")
            _ = try await client.send("PATCH", "/v1/modules/sample", token: other.token, body: ["enabled": true])
            let listed = try await client.send("GET", "/v1/sample/notes", token: other.token)
            #expect(listed.json["data"]?.array?.isEmpty == true)
            let document = try await client.send("GET", "/openapi.json")
            #expect(document.json["paths"]?["/v1/sample/notes/{id}"] != nil)
        }
    }

    @Test("A tenant's settings are its own, checked against the schema, and its secrets are shown to nobody")
    func settings() async throws {
        try await with { test, client in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            let path = "/v1/modules/sample"
            let set = try await client.send(
                "PATCH", path, token: one.token, body: ["settings": ["greeting": "Ahoy", "token": "very secret 1"]])
            #expect(set.json["settings"] == ["greeting": "Ahoy"] && set.json["secrets"] == ["token": true])
            #expect(!set.text.contains("very secret"))
            for (token, text) in [(one.token, "Ahoy. hi"), (other.token, "Hello. hi")] {
                let written = try await client.send("POST", "/v1/sample/notes", token: token, body: ["text": "hi"])
                #expect(written.json["text"] == .string(text))
            }
            let refused = try await client.send(
                "PATCH", path, token: one.token, body: ["settings": ["greeting": 7, "token": "short", "more": 1]])
            #expect(refused.status == 422 && refused.code == "settings_invalid")
            let pointers = refused.json["errors"]?.array?.compactMap { $0["pointer"]?.string }
            #expect(pointers.map(Set.init) == ["/settings/greeting", "/settings/token", "/settings/more"])
            // What was refused changed nothing; what is not named keeps its secret, and null takes it away.
            let kept = try await client.send("PATCH", path, token: one.token, body: ["settings": [:]])
            #expect(kept.json["settings"] == ["greeting": "Hello"] && kept.json["secrets"] == ["token": true])
            let gone = try await client.send("PATCH", path, token: one.token, body: ["settings": ["token": .null]])
            #expect(gone.json["secrets"] == ["token": false])
        }
    }

    @Test("A secret is stored sealed, and opens for its own tenant only")
    func secrets() async throws {
        try await with { test, client in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            _ = try await client.send(
                "PATCH", "/v1/modules/sample", token: one.token, body: ["settings": ["token": "very secret 1"]])
            let module = try #require(test.platform.table.routes.first { $0.path.hasPrefix("/v1/sample") }?.module)
            #expect(try await module.secrets.read("token", of: module.name, for: one.session) == "very secret 1")
            #expect(try await module.secrets.read("token", of: module.name, for: other.session) == nil)
            try await test.database.asSuperuser { admin in
                let row = try #require(try await admin.run("SELECT sealed FROM core.module_secrets").first)
                let sealed: [UInt8] = try row.get("sealed")
                #expect(!String(decoding: sealed, as: UTF8.self).contains("secret"))
                // Moved to another tenant it does not open.
                _ = try await admin.run("UPDATE core.module_secrets SET tenant_id = \(other.id)")
            }
            await #expect(throws: (any Error).self) {
                try await module.secrets.read("token", of: module.name, for: other.session)
            }
        }
    }

    @Test("A command is served by name, once for its key, and only on the caller's own data")
    func commands() async throws {
        try await with { test, client in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            let written = try await client.send("POST", "/v1/sample/notes", token: one.token, body: ["text": "hi"])
            let id = try #require(written.json["id"])
            let path = "/v1/commands/sample.pin"
            #expect(try await client.send("POST", path, token: other.token, body: ["id": id]).status == 404)
            func pin(under key: String, _ token: String) async throws -> TestClient.Answer {
                try await client.send(
                    "POST", path, token: token, body: ["id": id], headers: [("Idempotency-Key", key)])
            }
            func pinned(in database: TestDatabase) async throws -> [Bool] {
                try await database.asSuperuser { admin in
                    try await admin.run("SELECT is_pinned FROM sample.notes").rows.map { try $0.get("is_pinned") }
                }
            }
            let first = try await pin(under: "one", one.token)
            #expect(first.status == 200 && first.json["is_pinned"] == true, "\(first.text)")
            #expect(first.header("Idempotency-Replayed") == nil)
            // Were it done again, the note would be pinned again.
            try await test.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE sample.notes SET is_pinned = false")
            }
            let again = try await pin(under: "one", one.token)
            #expect(again.status == 200 && again.text == first.text, "\(again.text)")
            #expect(again.header("Idempotency-Replayed") == "true")
            #expect(try await pin(under: "one", other.token).status == 404)
            #expect(try await pinned(in: test.database) == [false])
            #expect(try await pin(under: "two", one.token).json["is_pinned"] == true)
            #expect(try await pinned(in: test.database) == [true])
        }
    }

    @Test("Its slot is listed where the module is on, its frame and script come with a strict policy, and nothing else")
    func slots() async throws {
        try await with { test, client in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            _ = try await client.send("PATCH", "/v1/modules/sample", token: other.token, body: ["enabled": false])
            let slots = try await client.send("GET", "/v1/ui/slots", token: one.token)
            let address = try #require(slots.json["data"]?.array?.first?["frame"]?.string)
            #expect(address == "/frames/sample/conversation.sidebar")
            #expect(try await client.send("GET", "/v1/ui/slots", token: other.token).json["data"] == [])
            let frame = try await client.send("GET", address)
            let policy = try #require(frame.headers.first(name: "Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("sandbox allow-scripts"))
            #expect(policy.contains("connect-src 'none'") && !policy.contains("unsafe"))
            let script = try #require(frame.text.firstMatch(of: /src="([^"]+)"/)?.1)
            let asset = try await client.send("GET", String(script))
            #expect(
                asset.status == 200 && asset.headers.first(name: "Content-Type")?.hasPrefix("text/javascript") == true)
            #expect(asset.headers.first(name: "Cache-Control") == "public, max-age=31536000, immutable")
            let root = script.split(separator: "/").dropLast().joined(separator: "/")
            for path in ["../plugin.json", "..%2fplugin.json", "%2e%2e/libSample.so", "", "panel.js/", "PANEL.JS"] {
                #expect(try await client.send("GET", "/\(root)/\(path)").status == 404, "\(path)")
            }
        }
    }
}
