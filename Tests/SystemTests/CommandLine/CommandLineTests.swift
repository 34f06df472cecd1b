import Foundation
import HTTP
import PluginKit
import TestKit
import Testing

/// The executable as an operator's script uses it.
@Suite("Command line", .serialized)
struct CommandLineTests {
    /// A folder of the form that import-demo reads, and what is in it.
    private struct DemoData {
        let folder: String
        let customers: Int64
        let conversations: Int64
        /// What import-demo says when a part of it is done.
        let halfway: String

        var isThere: Bool { FileManager.default.fileExists(atPath: "\(folder)/banking77/train.csv") }

        /// Made up for this test.
        static let small = DemoData(
            folder: "Tests/Demo", customers: 5, conversations: 11, halfway: "retail: 5 of")
        /// What the README's example reads; a machine may lack it.
        static let real = DemoData(
            folder: "../shared/data", customers: 500, conversations: 10003, halfway: "banking: 2000 of")
    }

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
        try await importDemo(.small, into: directory)
        #expect(try await Romashka.run(["rollback", "--data-dir", directory]).status == 1)
        second.end(SIGINT)
        #expect(second.status == 0)
        try await rollBack(in: directory)
    }

    @Test(
        "A command that sets nothing up makes nothing where there is no data, and says where it looked",
        arguments: ["token operator --name x", "doctor", "tenant list", "migrate", "serve --port 0", "work"])
    func nothingThere(command: String) async throws {
        let directory = "/tmp/romashka-cli-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let words = command.split(separator: " ").map(String.init)
        let refused = try await Romashka.run(words + ["--data-dir", directory])
        #expect(refused.status == 1 && refused.errors.contains("there is no data in \(directory)"), "\(refused)")
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test("bootstrap makes what other commands then find; where its secret is lost, no other is made")
    func bootstrapMakes() async throws {
        let directory = "/tmp/romashka-cli-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for command in ["bootstrap", "migrate", "verify-schema"] {
            let result = try await Romashka.run([command, "--data-dir", directory])
            #expect(result.status == 0, "\(command): \(result)")
        }
        try FileManager.default.removeItem(atPath: "\(directory)/master.secret")
        let refused = try await Romashka.run(["migrate", "--data-dir", directory])
        #expect(refused.status == 1 && refused.errors.contains("master_secret_missing"), "\(refused)")
        #expect(!FileManager.default.fileExists(atPath: "\(directory)/master.secret"))
    }

    @Test("serve says that its address is taken before it looks for a database")
    func takenAddress() async throws {
        let socket = try ListeningSocket(ListenAddress(host: "127.0.0.1", port: 0))
        defer { close(socket.descriptor) }
        try socket.listen()
        let refused = try await Romashka.run(
            ["serve", "--port", "\(socket.port)"], environment: ["DATABASE_URL": "nonsense"])
        #expect(refused.status == 1 && refused.errors.contains("cannot_listen"), "\(refused)")
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

    @Test(
        "import-demo picks up where it was killed in the real data",
        .enabled(if: CommandLineTests.DemoData.real.isThere, "../shared/data is absent"))
    func realData() async throws {
        let directory = "/tmp/romashka-cli-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let running = try Running(["up", "--port", "0", "--data-dir", directory, "--json"])
        _ = try await running.firstLine()
        try await importDemo(.real, into: directory)
        running.end(SIGINT)
        #expect(running.status == 0)
    }

    /// Imports and is killed, then imports twice to the end.
    private func importDemo(_ data: DemoData, into directory: String) async throws {
        let killed = try Running(["import-demo", data.folder, "--data-dir", directory, "--json"])
        try await killed.waitForProgress(data.halfway)
        killed.end(SIGKILL)
        for _ in 0..<2 {
            let whole = try await Romashka.run(["import-demo", data.folder, "--data-dir", directory, "--json"])
            #expect(whole.status == 0, "\(whole.errors)")
            let counts = try JSONParser.parse(Array(whole.output.utf8))
            #expect(counts["retail"]?["customers"] == .integer(data.customers))
            #expect(counts["banking"]?["conversations"] == .integer(data.conversations))
        }
    }
}
