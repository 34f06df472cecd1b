import Cryptography
import Foundation
import Maintenance
import Platform
import PluginKit
import TestKit
import Testing

/// Backups as an operator makes and uses them.
@Suite("Backups by the command line")
struct BackupCommandTests {
    @Test("A backup that is asked for is made and listed, and a platform on what is restored has the tenants of then")
    func restore() async throws {
        let directory = "/tmp/romashka-backup-\(UUID().uuidString.prefix(8))"
        let files = directory + "-files"
        defer {
            for path in [directory, directory + "-restored", files] {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
        let options = ["--data-dir", directory, "--keep-backups", "2", "--files-dir", files]
        let first = try Running(["up", "--port", "0", "--json"] + options)
        let login = try await first.firstLine()
        let token = try #require(login["operator_token"]?.string)
        try await create("acme", in: directory)
        #expect(try await Romashka.run(["maintenance", "run", "backup", "--data-dir", directory]).status == 0)
        let isMade = try await eventually(within: .seconds(60)) {
            !(try await Romashka.run(["backup", "list", "--data-dir", directory, "--json"]).output.isEmpty)
        }
        #expect(isMade)
        try await create("too-late", in: directory)
        let name = try await nameOfListed(in: directory)
        let runs = try await Romashka.run(["maintenance", "runs", "--data-dir", directory, "--json"]).output
        #expect(runs.contains(name) && runs.contains("rows"))
        #expect(try await Romashka.run(["health", "--data-dir", directory]).status == 0)

        let restored = try await Romashka.run([
            "backup", "restore", name, "--data-dir", directory, "--to", directory + "-restored",
        ])
        #expect(restored.status == 0 && restored.output.contains("--files-dir"))
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

    /// The only backup's name; its files are kept elsewhere, which the list says.
    private func nameOfListed(in directory: String) async throws -> String {
        let list = ["backup", "list", "--data-dir", directory]
        let record = try JSONParser.parse(Array(try await Romashka.run(list + ["--json"]).output.utf8))
        #expect(record["without"] == ["files"])
        #expect(try await Romashka.run(list).errors.contains("--files-dir"))
        return try #require(record["name"]?.string)
    }

    @Test("Where nobody makes backups, asking for one fails and says what to do")
    func unattended() async throws {
        try await TestPlatform.with { test in
            let environment = [
                "DATABASE_URL": test.database.server.url(database: test.database.name),
                "ROMASHKA_MASTER_SECRET": TestPlatform.master.reveal(),
            ]
            let backup = try await Romashka.run(["maintenance", "run", "backup"], environment: environment)
            #expect(backup.status == 1 && backup.errors.contains("pg_basebackup"), "\(backup.errors)")
            #expect(!backup.output.contains("due"))
            // The server of the test does this.
            let isAttended = try await eventually { try await test.platform.maintenance.isAttended(.maintenance) }
            #expect(isAttended)
            let other = try await Romashka.run(["maintenance", "run", "maintenance"], environment: environment)
            #expect(other.status == 0, "\(other.errors)")
        }
    }

    private func create(_ tenant: String, in directory: String) async throws {
        let created = try await Romashka.run([
            "tenant", "create", tenant, tenant, "--admin-email", "a@\(tenant).example", "--data-dir", directory,
            "--json",
        ])
        #expect(created.status == 0)
    }
}
