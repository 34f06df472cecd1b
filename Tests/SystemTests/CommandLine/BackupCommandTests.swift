import Foundation
import PluginKit
import TestKit
import Testing

/// Backups as an operator makes and uses them.
@Suite("Backups by the command line")
struct BackupCommandTests {
    @Test("A backup that is asked for is made and listed, and a platform on what is restored has the tenants of then")
    func restore() async throws {
        let directory = "/tmp/romashka-backup-\(UUID().uuidString.prefix(8))"
        defer {
            for path in [directory, directory + "-restored"] { try? FileManager.default.removeItem(atPath: path) }
        }
        let first = try Running(["up", "--port", "0", "--data-dir", directory, "--json", "--keep-backups", "2"])
        let login = try await first.firstLine()
        let token = try #require(login["operator_token"]?.string)
        try await create("acme", in: directory)
        #expect(try await Romashka.run(["maintenance", "run", "backup", "--data-dir", directory]).status == 0)
        let isMade = try await eventually(within: .seconds(60)) {
            !(try await Romashka.run(["backup", "list", "--data-dir", directory, "--json"]).output.isEmpty)
        }
        #expect(isMade)
        try await create("too-late", in: directory)
        let listed = try await Romashka.run(["backup", "list", "--data-dir", directory, "--json"]).output
        let name = try #require(try JSONParser.parse(Array(listed.utf8))["name"]?.string)
        let runs = try await Romashka.run(["maintenance", "runs", "--data-dir", directory, "--json"]).output
        #expect(runs.contains(name) && runs.contains("rows"))
        #expect(try await Romashka.run(["health", "--data-dir", directory]).status == 0)

        let restored = try await Romashka.run([
            "backup", "restore", name, "--data-dir", directory, "--to", directory + "-restored",
        ])
        #expect(restored.status == 0)
        let over = try await Romashka.run(["backup", "restore", name, "--data-dir", directory, "--to", directory])
        #expect(over.status == 1 && over.errors.contains("is not empty"))
        first.end(SIGINT)

        let second = try Running(["up", "--port", "0", "--data-dir", directory + "-restored", "--json"])
        let url = try #require(try await second.firstLine()["url"]?.string)
        // The token of then is known there too: the master secret came along.
        let tenants = try await TestClient(url).send("GET", "/v1/operator/tenants", token: token)
        #expect(tenants.json["data"]?.array?.map { $0["slug"]?.string } == ["acme"])
        second.end(SIGINT)
        #expect(second.status == 0)
    }

    private func create(_ tenant: String, in directory: String) async throws {
        let created = try await Romashka.run([
            "tenant", "create", tenant, tenant, "--admin-email", "a@\(tenant).example", "--data-dir", directory,
            "--json",
        ])
        #expect(created.status == 0)
    }
}
