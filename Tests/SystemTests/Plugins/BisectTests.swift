import Foundation
import PluginKit
import TestKit
import Testing

/// The hunt for a plugin that really misbehaves, by the real executable.
@Suite("Bisect", .serialized)
struct BisectTests {
    /// A platform with the plugin that does everything wrong among others, two of which lean on each other.
    private struct Site: Sendable {
        let directory: String
        let plugins: String
        let url: String
        let token: String

        static func with(_ body: @Sendable (Site, inout Running) async throws -> Void) async throws {
            try await PluginsFolder.with { folder in
                try folder.copy("Conversations")
                try folder.copyTestPlugin("Unruly")
                let built = "\(FileManager.default.currentDirectoryPath)/.build/debug/libChameleon.so"
                for (name, requires) in [("Alpha", []), ("Beta", ["alpha"]), ("Gamma", ["beta"]), ("Delta", [])] {
                    let id = name.lowercased()
                    let permissions = #"[{"id": "\#(id).read", "title": "Ask", "roles": ["admin"]}]"#
                    try folder.add(
                        name, manifest: PluginsFolder.manifest(id, requires: requires, permissions: permissions))
                    try FileManager.default.copyItem(
                        atPath: built, toPath: "\(folder.path)/\(name)/lib\(name).so")
                }
                let directory = "/tmp/romashka-bisect-\(UUID().uuidString.prefix(8))"
                defer { try? FileManager.default.removeItem(atPath: directory) }
                var running = try Running(up(directory, folder.path))
                let line = try await running.firstLine()
                let url = try #require(line["url"]?.string)
                let operatorToken = try #require(line["operator_token"]?.string)
                let token = try await WorkSite.tenant("acme", TestClient(url), operatorToken: operatorToken)
                let site = Site(directory: directory, plugins: folder.path, url: url, token: token)
                do {
                    try await body(site, &running)
                } catch {
                    running.end(SIGINT)
                    throw error
                }
                running.end(SIGINT)
            }
        }

        private static func up(_ directory: String, _ plugins: String) -> [String] {
            ["up", "--port", "0", "--data-dir", directory, "--plugins", plugins, "--json", "--access-log", "off"]
        }

        /// Starts it again after it was killed.
        func restart() async throws -> Running {
            let running = try Running(Site.up(directory, plugins))
            _ = try await running.firstLine()
            return running
        }

        func bisect(_ words: String...) async throws -> (status: Int32, lines: [JSONValue], errors: String) {
            let result = try await Romashka.run(
                ["plugin", "bisect"] + words + ["--json", "--data-dir", directory, "--plugins", plugins])
            let lines = try result.output.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
            return (result.status, lines, result.errors)
        }

        /// The modules that are out of service, with the word for the reason.
        func paused() async throws -> [String: String] {
            let result = try await Romashka.run(
                ["plugin", "list", "--json", "--data-dir", directory, "--plugins", plugins])
            var paused: [String: String] = [:]
            for line in result.output.split(separator: "\n") {
                let plugin = try JSONParser.parse(Array(line.utf8))
                guard let id = plugin["id"]?.string, let reason = plugin["reason"]?.string else { continue }
                paused[id] = String(reason.prefix { $0 != ":" })
            }
            return paused
        }

        /// What tells the trouble: an answer that is an error of the server's.
        var command: String {
            let body = #"{"kind": "throw", "milliseconds": 0}"#
            return """
                code=$(curl -s -o /dev/null -w '%{http_code}' \(url)/v1/unruly/acts -H 'Content-Type: application/json' \
                -H 'Authorization: Bearer \(token)' -d '\(body)'); test "$code" != 500
                """
        }
    }

    @Test(
        "P10: With a command it finds the plugin that fails, alone, and puts back what it paused, never what was paused before"
    )
    func byCommand() async throws {
        try await Site.with { site, _ in
            let paused = try await Romashka.run(
                [
                    "plugin", "pause", "delta", "--reason", "of old", "--data-dir", site.directory, "--plugins",
                    site.plugins,
                ])
            #expect(paused.status == 0)
            let found = try await site.bisect("start", "--command", site.command, "--command-timeout", "60")
            #expect(found.status == 0 && found.lines.last?["culprit"] == "knowledge", "\(found)")
            let rounds = found.lines.dropLast()
            // Five take part.
            #expect(rounds.count <= 5 && rounds.allSatisfy { $0["state"] == "round" })
            #expect(rounds.first?["resting"]?.array?.count == 5)
            for round in rounds {
                let resting = Set(round["resting"]?.array?.compactMap(\.string) ?? [])
                #expect(!resting.contains("delta"))
                #expect(!resting.contains("alpha") || resting.isSuperset(of: ["beta", "gamma"]), "\(resting)")
            }
            #expect(try await site.paused() == ["delta": "operator"])

            let innocent = try await site.bisect("start", "--command", "exit 1")
            #expect(innocent.status == 0 && innocent.lines.last?["culprit"] == .null && innocent.lines.count == 2)
            for (command, says) in [("exit 125", "tells nothing"), ("sleep 30", "longer than 1 seconds")] {
                let stopped = try await site.bisect("start", "--command", command, "--command-timeout", "1")
                #expect(stopped.status == 1 && stopped.errors.contains(says), "\(stopped)")
                #expect(try await site.paused() == ["delta": "operator"])
            }
        }
    }

    @Test("P10: A signal ends it and its command, and everything that rested serves again")
    func interrupted() async throws {
        try await Site.with { site, _ in
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                let (note, log) = ("\(site.directory)-\(signal).pid", "\(site.directory)-\(signal).log")
                defer { for path in [note, log] { try? FileManager.default.removeItem(atPath: path) } }
                try Data().write(to: URL(fileURLWithPath: log))
                // A test that runs in the background may have signals ignored, which its children take over.
                let hunt = try Running(
                    [
                        "--default-signal", try Romashka.path, "plugin", "bisect", "start", "--command",
                        "echo $$ > \(note); exec sleep 200", "--json", "--data-dir", site.directory, "--plugins",
                        site.plugins,
                    ], program: URL(fileURLWithPath: "/usr/bin/env"),
                    log: try FileHandle(forWritingTo: URL(fileURLWithPath: log)))
                let hasBegun = try await eventually { Self.text(note).hasSuffix("\n") }
                #expect(hasBegun && hunt.process.isRunning)
                try await blocking { hunt.end(signal) }
                #expect(hunt.status == 1 && Self.text(log).contains("bisection_interrupted"), "\(Self.text(log))")
                #expect(try await site.paused().isEmpty)
                let command = try #require(pid_t(Self.text(note).dropLast()))
                #expect(kill(command, 0) == -1)
            }
        }
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    @Test("P10: Step by step it survives the end of every process, and a pause of the operator's in between stays")
    func byHand() async throws {
        try await Site.with { site, running in
            #expect(try await site.bisect("good").errors.contains("no_bisection"))
            let first = try await site.bisect("start")
            #expect(first.lines.first?["resting"]?.array?.count == 6)
            #expect(try await site.bisect("start").errors.contains("bisection_under_way"))
            #expect(Set(try await site.paused().values) == ["bisection"])
            _ = try await Romashka.run([
                "plugin", "pause", "gamma", "--reason", "meanwhile", "--data-dir", site.directory, "--plugins",
                site.plugins,
            ])
            running.end(SIGKILL)
            running = try await site.restart()

            var answer = try await site.bisect("good").lines.first
            while let round = answer, round["state"] == "round" {
                let resting = round["resting"]?.array?.compactMap(\.string) ?? []
                answer = try await site.bisect(resting.contains("alpha") ? "good" : "bad").lines.first
            }
            #expect(answer?["culprit"] == "alpha", "\(answer as Any)")
            #expect(try await site.paused() == ["gamma": "operator"])

            _ = try await site.bisect("start")
            let reset = try await site.bisect("reset")
            #expect(reset.lines.first?["resumed"]?.array?.count == 5, "\(reset)")
            #expect(try await site.paused() == ["gamma": "operator"])
            #expect(try await site.bisect("reset").status == 1)
        }
    }
}
