import Foundation
import Migrations
import Platform
import PluginKit
import TestKit
import Testing

/// The README's shell blocks, pasted as they stand; only addresses and paths of this machine are put in.
@Suite("README", .serialized, .enabled("the executable is not built; run swift build first") { Romashka.isBuilt })
struct ReadmeTests {
    @Test("The commands of the first block are there")
    func commandsAreThere() throws {
        let home = try Self.home
        let lines = try #require(try Self.block(containing: "deploy/run ")).split(separator: "\n")
        for line in lines {
            let command = String(line.prefix { $0 != " " })
            #expect(FileManager.default.isExecutableFile(atPath: "\(home)/\(command)"), "\(command)")
        }
        #expect(lines.count == 2)
    }

    @Test("The tour runs from its first line to its last, and every request is answered as it says")
    func tour() async throws {
        let shell = try PastingShell()
        defer { shell.remove() }
        let server = try Running(["up", "--port", "0", "--data-dir", "\(shell.folder)/.romashka", "--json"])
        defer { server.end(SIGINT) }
        let url = try #require(try await server.firstLine()["url"]?.string)
        let tour = try #require(try Self.block(containing: "URL=http://127.0.0.1:8080"))
        let expected = Self.expectedStatuses(tour)
        let text = try Self.onThisMachine(tour.replacing("http://127.0.0.1:8080", with: url))
        let result = try await shell.paste(text)
        #expect(result.status == 0, "\(result.output)\n\(result.errors)")
        let statuses = try shell.statuses()
        #expect(statuses.count == expected.count && expected.count >= 10, "\(statuses)")
        for (status, wanted) in zip(statuses, expected) {
            #expect(wanted.map { $0 == status } ?? (200..<300).contains(status), "\(statuses), expected \(expected)")
        }
        for code in ["module_disabled", "tenant_suspended"] { #expect(result.output.contains(code)) }
    }

    @Test("A plugin is made, built and checked as the README says")
    func plugin() async throws {
        let shell = try PastingShell()
        defer { shell.remove() }
        let block = try #require(try Self.block(containing: "plugin new"))
        let text = try Self.onThisMachine(block.replacing("/tmp", with: shell.folder))
        let result = try await shell.paste(text)
        #expect(result.status == 0 && result.errors.contains("CallNotes is fit to be loaded"), "\(result)")
    }

    @Test("The commands for an external database prepare an empty one, serve from it and work on it")
    func externalDatabase() async throws {
        let shell = try PastingShell()
        defer { shell.remove() }
        let server = try await TestServer.start()
        try await TestDatabase.create("romashka", template: nil, on: server)
        let admin = server.url(database: "romashka")
        let host = try #require(admin.split(separator: "@").last)
        let block = try #require(try Self.block(containing: "DATABASE_ADMIN_URL"))
            .replacing("postgresql://postgres@db.internal/romashka", with: admin)
            .replacing("postgresql://db.internal/romashka", with: "postgresql://\(host)")
        let preparation = try Self.onThisMachine(block)
        #expect(!preparation.contains("db.internal"))
        let prepared = try await shell.paste(preparation, isAtHome: true)
        #expect(prepared.status == 0, "\(prepared)")
        let secret = try FileManager.default.attributesOfItem(atPath: "\(shell.folder)/romashka/secret")
        #expect(secret[.posixPermissions] as? NSNumber == 0o600)
        // Pasted once more, it keeps the secret, without which nothing opens what is there.
        let again = try await shell.paste(preparation, isAtHome: true)
        #expect(again.status == 0, "\(again)")

        // Each in a terminal of its own, which knows nothing of the others; they replace the shell, to be ended by it.
        let serve = try #require(try Self.block(containing: "romashka serve"))
            .replacing("romashka serve --host 0.0.0.0", with: "exec romashka serve --port 0 --json")
        let work = try #require(try Self.block(containing: "romashka work"))
            .replacing("romashka work", with: "exec romashka work")
        #expect(serve.contains("exec romashka serve") && work.contains("exec romashka work"))
        let serving = try shell.start(serve, isAtHome: true)
        defer { serving.end() }
        let working = try shell.start(work, isAtHome: true)
        defer { working.end() }
        let line = try #require(try await serving.line { $0.contains(#""url""#) })
        let url = try #require(try JSONParser.parse(Array(line.utf8))["url"]?.string)
        #expect(try await TestClient(url).send("GET", "/readyz").status == 200)
        let isWorking = try await eventually { try working.errors().contains("jobs are run") }
        let said = try working.errors()
        #expect(isWorking, "\(said)")
        let stored = try await shell.paste(Self.upload(to: url), isAtHome: true)
        let statuses = try shell.statuses()
        #expect(stored.status == 0 && statuses.count == 3, "\(statuses) \(stored)")
    }

    /// Stores a file of a new tenant, as somebody with the environment of the README.
    private static func upload(to url: String) -> String {
        """
        . ~/romashka/env
        OP=$(romashka token operator --name readme)
        J='Content-Type: application/json'
        curl -sf \(url)/v1/operator/tenants -H "Authorization: Bearer $OP" -H "$J" -d '{
            "slug": "files", "name": "Files",
            "admin": {"email": "ada@files.example", "name": "Ada", "password": "correct horse battery"}}'
        TOKEN=$(curl -sf \(url)/v1/auth/login -H "$J" -d '{
            "email": "ada@files.example", "password": "correct horse battery", "tenant": "files"}' |
            jq -r .access_token)
        curl -sf "\(url)/v1/files?name=a.txt" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: text/plain' -d hello
        """
    }

    /// The same with the program that the tests' build made.
    private static func onThisMachine(_ text: String) throws -> String {
        let folder = URL(fileURLWithPath: try Romashka.path).deletingLastPathComponent().path
        #expect(text.contains("$PWD/.build/release:"))
        return text.replacing("$PWD/.build/release", with: folder)
    }

    private static var home: String {
        get throws {
            URL(fileURLWithPath: try Installation.find(environment: [:]).folders.migrations).deletingLastPathComponent()
                .path
        }
    }

    /// The shell block with these words.
    private static func block(containing words: String) throws -> String? {
        let readme = try String(contentsOfFile: "\(home)/README.md", encoding: .utf8)
        let blocks = readme.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        return blocks.first { $0.contains(words) }
    }

    /// What each `curl` is answered with: the number in the comment behind it, else nil for a success.
    private static func expectedStatuses(_ text: String) -> [Int?] {
        text.split(separator: "\n").filter { $0.contains("curl ") && !$0.hasPrefix("#") }.map { line in
            line.split(separator: " # ").last.flatMap { Int($0.prefix(3)) }
        }
    }
}
