import Foundation
import PluginKit
import TestKit
import Testing

/// A plugin taken out and put back as an operator does it.
@Suite("Uninstall by the command line", .serialized)
struct UninstallCommandTests {
    private struct Site: Sendable {
        let directory: String

        func run(_ words: String...) async throws -> Romashka.Result {
            try await Romashka.run(words + ["--data-dir", directory, "--json"])
        }

        /// Brings the platform up for the time of `body`.
        func up(_ body: (TestClient, _ operatorToken: String) async throws -> Void) async throws {
            let running = try Running(
                ["up", "--port", "0", "--data-dir", directory, "--json", "--access-log", "off"])
            do {
                let line = try await running.firstLine()
                try await body(
                    TestClient(try #require(line["url"]?.string)), try #require(line["operator_token"]?.string))
            } catch {
                running.end(SIGINT)
                throw error
            }
            running.end(SIGINT)
            #expect(running.status == 0)
        }
    }

    private func login(_ client: TestClient) async throws -> String {
        let answer = try await client.send(
            "POST", "/v1/auth/login",
            body: ["email": "a@acme.example", "password": "correct horse battery", "tenant": "acme"])
        return try #require(answer.json["access_token"]?.string)
    }

    private func titles(_ client: TestClient) async throws -> TestClient.Answer {
        let token = try await login(client)
        _ = try await client.send("PATCH", "/v1/modules/knowledge", token: token, body: ["enabled": true])
        return try await client.send("GET", "/v1/knowledge/items", token: token)
    }

    @Test(
        "P4: Kept it comes back whole, exported and dropped it comes back as new; out, it is neither loaded nor broken")
    func threeWays() async throws {
        let directory = "/tmp/romashka-uninstall-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let site = Site(directory: directory)
        try await site.up { client, operatorToken in
            let token = try await WorkSite.tenant("acme", client, operatorToken: operatorToken)
            let item = try await client.send(
                "POST", "/v1/knowledge/items", token: token, body: ["title": "Returns", "body": "Print the label."])
            #expect(item.status == 201)
            let refused = try await site.run("plugin", "uninstall", "knowledge", "--keep")
            #expect(refused.status == 1 && refused.errors.contains("module_enabled"), "\(refused)")
            #expect(refused.errors.contains("acme"))
            let off = try await site.run("module", "disable", "knowledge", "--every-tenant")
            #expect(off.status == 0 && off.output.contains(#""tenants":1"#), "\(off)")
            let serving = try await site.run("plugin", "uninstall", "knowledge", "--keep")
            #expect(serving.status == 1 && serving.errors.contains("still_serving"), "\(serving)")
        }
        let needed = try await site.run("plugin", "uninstall", "conversations", "--keep")
        #expect(needed.status == 1 && needed.errors.contains("module_"), "\(needed)")

        let kept = try await site.run("plugin", "uninstall", "knowledge", "--keep")
        #expect(kept.status == 0 && kept.output.contains(#""data":"kept""#), "\(kept)")
        try await site.up { client, operatorToken in
            let list = try await client.send("GET", "/v1/operator/plugins", token: operatorToken)
            let knowledge = list.json["data"]?.array?.first { $0["id"] == "knowledge" }
            #expect(knowledge?["state"] == "uninstalled" && knowledge?["reason"] == .null, "\(list.text)")
            #expect(try await titles(client).status == 404)
            let paused = try await client.send(
                "POST", "/v1/operator/plugins/knowledge/pause", token: operatorToken, body: ["reason": "x"])
            #expect(paused.status == 404)
            let modules = try await client.send("GET", "/v1/modules", token: try await login(client))
            #expect(!modules.text.contains("knowledge"))
        }
        #expect(try await site.run("plugin", "list").output.contains(#""state":"uninstalled""#))
        let out = try await site.run("plugin", "resume", "knowledge")
        #expect(out.status == 1 && out.errors.contains("module_uninstalled"), "\(out)")
        #expect(try await site.run("plugin", "install", "knowledge").status == 0)
        #expect(try await site.run("plugin", "install", "knowledge").errors.contains("module_installed"))
        try await site.up { client, _ in
            let kept = try await titles(client)
            #expect(kept.json["data"]?.array?.first?["title"] == "Returns", "\(kept.text)")
        }

        _ = try await site.run("module", "disable", "knowledge", "--every-tenant")
        let folder = "\(directory)-export"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let exported = try await site.run("plugin", "uninstall", "knowledge", "--export", folder)
        #expect(exported.status == 0, "\(exported)")
        let items = try String(contentsOfFile: "\(folder)/knowledge_items.jsonl", encoding: .utf8)
        #expect(items.contains("Print the label."))
        try await putBack(site)

        _ = try await site.run("module", "disable", "knowledge", "--every-tenant")
        let unconfirmed = try await site.run("plugin", "uninstall", "knowledge", "--drop")
        #expect(unconfirmed.status == 1 && unconfirmed.errors.contains("confirmation_needed"), "\(unconfirmed)")
        #expect(unconfirmed.errors.contains("knowledge.knowledge_items"))
        let dropped = try await site.run("plugin", "uninstall", "knowledge", "--drop", "--yes")
        #expect(dropped.status == 0 && dropped.output.contains(#""data":"dropped""#), "\(dropped)")
        try await putBack(site)
    }

    /// It is there again, empty, and works.
    private func putBack(_ site: Site) async throws {
        #expect(try await site.run("plugin", "install", "knowledge").status == 0)
        try await site.up { client, _ in
            let before = try await titles(client)
            #expect(before.status == 200 && before.json["data"] == [])
            let item = try await client.send(
                "POST", "/v1/knowledge/items", token: try await login(client),
                body: ["title": "New", "body": "New."])
            #expect(item.status == 201)
        }
        #expect(try await site.run("verify-schema").status == 0)
    }
}
