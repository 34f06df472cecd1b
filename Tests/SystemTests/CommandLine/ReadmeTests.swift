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
        let text = tour.replacing("http://127.0.0.1:8080", with: url)
            .replacing(".build/release/romashka", with: try Romashka.path)
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
        let text = try #require(try Self.block(containing: "plugin new"))
            .replacing("/tmp", with: shell.folder).replacing(".build/release/romashka", with: try Romashka.path)
        let result = try await shell.paste(text)
        #expect(result.status == 0 && result.errors.contains("CallNotes is fit to be loaded"), "\(result)")
    }

    @Test("The commands for an external database prepare an empty one and serve from it")
    func externalDatabase() async throws {
        let shell = try PastingShell()
        defer { shell.remove() }
        let server = try await TestServer.start()
        try await TestDatabase.create("romashka", template: nil, on: server)
        let admin = server.url(database: "romashka")
        let host = try #require(admin.split(separator: "@").last)
        let text = try #require(try Self.block(containing: "DATABASE_ADMIN_URL"))
            .replacing("postgresql://postgres@db.internal/romashka", with: admin)
            .replacing("postgresql://db.internal/romashka", with: "postgresql://\(host)")
            .replacing("romashka serve --host 0.0.0.0", with: "exec romashka serve --port 0 --json")
        #expect(!text.contains("db.internal") && text.contains("exec romashka serve"))
        let serving = try shell.start(text)
        defer { serving.end() }
        let line = try #require(try await serving.line { $0.contains(#""url""#) })
        let url = try #require(try JSONParser.parse(Array(line.utf8))["url"]?.string)
        #expect(try await TestClient(url).send("GET", "/readyz").status == 200)
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
