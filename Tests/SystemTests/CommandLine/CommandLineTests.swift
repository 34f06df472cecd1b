import Foundation
import PluginKit
import TestKit
import Testing

/// The executable as an operator's script uses it.
@Suite("Command line", .serialized)
struct CommandLineTests {
    @Test(
        "One command brings up a platform; killed, it resumes the same data; import-demo picks up where it was killed")
    func upResumes() async throws {
        let directory = "/tmp/romashka-cli-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try Running(["up", "--port", "0", "--data-dir", directory, "--json"])
        let line = try await first.firstLine()
        let url = try #require(line["url"]?.string)
        let token = try #require(line["operator_token"]?.string)
        #expect(line["database_url"]?.string?.hasPrefix("postgresql://postgres:") == true)
        #expect(try await TestClient(url).send("GET", "/readyz").status == 200)
        let created = try await Romashka.run(
            ["tenant", "create", "acme", "Acme", "--admin-email", "a@acme.example", "--data-dir", directory, "--json"])
        #expect(created.status == 0)
        let tenants = try await TestClient(url).send("GET", "/v1/operator/tenants", token: token)
        #expect(tenants.json["data"]?.array?.count == 1)
        #expect(try await Romashka.run(["verify-schema", "--data-dir", directory]).status == 0)
        #expect(try await Romashka.run(["plugin", "list", "--data-dir", directory]).output.contains("conversations"))
        first.end(SIGKILL)

        let second = try Running(["up", "--port", "0", "--data-dir", directory, "--json"])
        let again = try #require(try await second.firstLine()["url"]?.string)
        #expect(
            try await TestClient(again).send("GET", "/v1/operator/tenants", token: token).json["data"]?.array?.count
                == 1)
        try await importDemo(into: directory)
        #expect(try await Romashka.run(["rollback", "--data-dir", directory]).status == 1)
        second.end(SIGINT)
        #expect(second.status == 0)
        try await rollBack(in: directory)
    }

    /// With nobody serving, the newest migration is undone, says so, and runs again.
    private func rollBack(in directory: String) async throws {
        for file in ["0002_suggestions.sql", "0001_items.sql"] {
            let undone = try await Romashka.run([
                "rollback", "--module", "knowledge", "--data-dir", directory, "--json",
            ])
            let line = try JSONParser.parse(Array(undone.output.utf8))
            #expect(undone.status == 0 && line["module"] == "knowledge" && line["undone"] == .string(file))
        }
        let nothing = try await Romashka.run(["rollback", "--module", "knowledge", "--data-dir", directory, "--json"])
        #expect(nothing.status == 0 && nothing.output.isEmpty)
        #expect(try await Romashka.run(["rollback", "--module", "nonsense", "--data-dir", directory]).status == 1)
        let migrated = try await Romashka.run(["migrate", "--data-dir", directory])
        #expect(migrated.status == 0 && migrated.output.contains("knowledge: 0001_items.sql, 0002_suggestions.sql"))
    }

    private func importDemo(into directory: String) async throws {
        let data = "../shared/data"
        guard FileManager.default.fileExists(atPath: "\(data)/banking77/train.csv") else {
            print("import-demo is not tested: \(data) is absent")
            return
        }
        let killed = try Running(["import-demo", data, "--data-dir", directory, "--json"])
        try await killed.waitForProgress("banking: 2000 of")
        killed.end(SIGKILL)
        for _ in 0..<2 {
            let whole = try await Romashka.run(["import-demo", data, "--data-dir", directory, "--json"])
            #expect(whole.status == 0)
            let counts = try JSONParser.parse(Array(whole.output.utf8))
            #expect(counts["retail"]?["customers"] == 500)
            #expect(counts["banking"]?["conversations"] == 10003)
        }
    }
}
