import Foundation
import Platform
import PluginHost
import PluginKit
import TestKit
import Testing

/// A plugin that traps ends the process; the third time it is left out, and the rest serves.
@Suite("Crashes", .serialized)
struct CrashTests {
    private struct Site {
        let directory: String
        let plugins: String

        func up(
            _ options: [String] = [], environment: [String: String] = [:]
        ) async throws -> (running: Running, client: TestClient, operatorToken: String) {
            let running = try Running(
                ["up", "--port", "0", "--data-dir", directory, "--plugins", plugins, "--json", "--access-log", "off"]
                    + options, environment: environment)
            let line = try await running.firstLine()
            let url = try #require(line["url"]?.string)
            return (running, TestClient(url), try #require(line["operator_token"]?.string))
        }
    }

    private static let password = "correct horse battery"

    private func login(_ client: TestClient) async throws -> String {
        let answer = try await client.send(
            "POST", "/v1/auth/login",
            body: ["email": "a@acme.example", "password": .string(Self.password), "tenant": "acme"])
        return try #require(answer.json["access_token"]?.string)
    }

    @Test(
        "P8: A trap and an overflow of the stack end the server, which is started again; at the third the plugin is paused, and resumed by an operator"
    )
    func traps() async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Unruly")
            let directory = "/tmp/romashka-crash-\(UUID().uuidString.prefix(8))"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let (running, client, operatorToken) = try await Site(directory: directory, plugins: folder.path).up()
            defer { running.end(SIGINT) }
            try await createTenant(client, operatorToken)
            for (round, kind) in ["trap", "overflow", "trap"].enumerated() {
                let token = try await login(client)
                // The connection ends with the process.
                _ = try? await client.send(
                    "POST", "/v1/unruly/acts", token: token, body: ["kind": .string(kind), "milliseconds": 1])
                let isNoted = try await eventually(within: .seconds(60)) {
                    let plugin = try? await client.send("GET", "/v1/operator/plugins/knowledge", token: operatorToken)
                    return plugin?.json["crashes"] == .integer(Int64(round + 1))
                }
                #expect(isNoted, "crash \(round + 1)")
            }
            let token = try await login(client)
            let act: JSONValue = ["kind": "nothing", "milliseconds": 0]
            let seen = try await client.send("GET", "/v1/operator/plugins/knowledge", token: operatorToken)
            #expect(seen.json["state"] == "paused" && seen.json["crashes"] == 3)
            #expect(seen.json["reason"]?.string?.hasPrefix("crashes: it ended 3 processes") == true)
            #expect(try await client.send("POST", "/v1/unruly/acts", token: token, body: act).code == "plugin_paused")
            #expect(try await client.send("GET", "/v1/customers", token: token).status == 200)
            let resumed = try await client.send(
                "POST", "/v1/operator/plugins/knowledge/resume", token: operatorToken)
            #expect(resumed.json["state"] == "active" && resumed.json["crashes"] == 0)
            #expect(try await client.send("POST", "/v1/unruly/acts", token: token, body: act).status == 201)
        }
    }

    @Test(
        "A plugin that traps, ends the process or never ends while it is loaded is paused at its third start",
        arguments: [
            "__attribute__((constructor)) static void load(void) { __builtin_trap(); }",
            "__attribute__((constructor)) static void load(void) { exit(1); }",
            "__attribute__((constructor)) static void load(void) { for (;;) pause(); }",
            "void *romashka_plugin(void) { __builtin_trap(); }",
            "void *romashka_plugin(void) { exit(0); }",
            "void *romashka_plugin(void) { for (;;) pause(); }",
        ])
    func loading(code: String) async throws {
        let libraries = try #require(try Installation.find(environment: [:]).libraries.first)
        let fingerprint = try #require(LibraryFile("\(libraries)/libConversations.so")?.fingerprint)
        try await PluginsFolder.with { folder in
            try folder.add("Bad", manifest: PluginsFolder.manifest("bad"))
            try folder.compileLibrary(
                of: "Bad",
                """
                #include <stdlib.h>
                #include <unistd.h>
                const char *romashka_plugin_fingerprint(void) { return "\(fingerprint)"; }
                \(code)
                """)
            let directory = "/tmp/romashka-crash-\(UUID().uuidString.prefix(8))"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let (running, client, operatorToken) = try await Site(directory: directory, plugins: folder.path).up(
                environment: ["ROMASHKA_PLUGIN_LOAD_TIMEOUT": "2"])
            defer { running.end(SIGINT) }
            let seen = try await client.send("GET", "/v1/operator/plugins/bad", token: operatorToken)
            #expect(seen.json["state"] == "paused" && seen.json["crashes"] == 3, "\(seen.json)")
            #expect(seen.json["reason"]?.string?.hasPrefix("crashes: it ended 3 processes") == true)
        }
    }

    @Test(
        "P9: A server whose memory or threads a plugin does not give back ends in order with code 75",
        arguments: [
            (["--plugin-deadline", "1", "--recycle-after", "1"], "block", 120_000),
            (["--memory-limit", "400"], "leak", 500),
        ])
    func recycling(options: [String], kind: String, amount: Int64) async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Unruly")
            let directory = "/tmp/romashka-crash-\(UUID().uuidString.prefix(8))"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let (running, client, operatorToken) = try await Site(directory: directory, plugins: folder.path).up()
            defer { running.end(SIGINT) }
            try await createTenant(client, operatorToken)
            let token = try await login(client)
            // A second server on the same database, which nobody starts again.
            let server = try Running(
                ["serve", "--port", "0", "--data-dir", directory, "--plugins", folder.path, "--json"] + options)
            let url = try #require(try await server.firstLine()["url"]?.string)
            _ = try? await TestClient(url).send(
                "POST", "/v1/unruly/acts", token: token,
                body: ["kind": .string(kind), "milliseconds": .integer(amount)])
            let status = try await blocking {
                server.process.waitUntilExit()
                return server.status
            }
            #expect(status == RecycleNeeded.exitCode)
            // The other one is none the wiser.
            #expect(try await client.send("GET", "/v1/customers", token: token).status == 200)
        }
    }

    private func createTenant(_ client: TestClient, _ operatorToken: String) async throws {
        let created = try await client.send(
            "POST", "/v1/operator/tenants", token: operatorToken,
            body: [
                "slug": "acme", "name": "Acme",
                "admin": ["email": "a@acme.example", "name": "Ada", "password": .string(Self.password)],
            ])
        #expect(created.status == 201)
    }
}
