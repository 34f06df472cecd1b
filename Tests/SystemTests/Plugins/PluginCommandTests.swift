import Foundation
import Logging
import PluginKit
import Postgres
import TestKit
import Testing

/// Pauses as an operator makes and ends them by the shell.
@Suite("Pauses by the command line")
struct PluginCommandTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("A plugin that ends whoever loads it is paused and resumed, and the answer says what was done and no more")
    func trapping() async throws {
        try await PluginsFolder.with { folder in
            try folder.add("Trap", manifest: PluginsFolder.manifest("trap"))
            let directory = "/tmp/romashka-pause-\(UUID().uuidString.prefix(8))"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let options = ["--data-dir", directory, "--plugins", folder.path]
            let running = try Running(["up", "--port", "0", "--json", "--access-log", "off"] + options)
            defer { running.end(SIGINT) }
            let database = try #require(try await running.firstLine()["database_url"]?.string)
            // The server has begun without it.
            try folder.compileLibrary(
                of: "Trap", "__attribute__((constructor)) static void trap(void) { __builtin_trap(); }")
            func plugin(_ words: String...) async throws -> Romashka.Result {
                try await Romashka.run(["plugin"] + words + options, environment: ["SWIFT_BACKTRACE": "enable=no"])
            }
            #expect(try await plugin("list").status != 0)

            #expect(try await plugin("pause", "nonsense", "--reason", "x").status == 64)
            let paused = try await plugin("pause", "trap", "--reason", "it traps", "--json")
            #expect(paused.status == 0 && paused.output.contains(#""state":"paused""#), "\(paused)")
            for was in ["operator", JSONValue.null] {
                let resumed = try await plugin("resume", "trap", "--json")
                let answer = try JSONParser.parse(Array(resumed.output.utf8))
                #expect(resumed.status == 0 && answer["id"] == "trap" && answer["state"] == "resumed", "\(resumed)")
                #expect(answer["was"] == was && answer["needs_start"] == false, "\(resumed)")
            }
            try await leaveOut("trap", database)
            let back = try await plugin("resume", "trap")
            #expect(back.status == 0 && back.output.contains("the next start of each process"), "\(back)")
        }
    }

    /// Pauses a plugin as its crashes while it is loaded do.
    private func leaveOut(_ module: String, _ database: String) async throws {
        let reactor = try Reactor()
        defer { reactor.stop() }
        let settings = try ConnectionSettings(url: database)
        try await AdminConnection.use(settings, reactor: reactor, logger: Self.logger) { admin in
            _ = try await admin.run(
                """
                INSERT INTO core.plugin_pauses (module_id, code, detail)
                VALUES (\(module), 'crashes_at_load', 'it ended 3 processes')
                """)
        }
    }
}
