import Foundation
import PluginKit
import TestKit
import Testing

/// `romashka up` with a second server that stands by.
@Suite("Standby", .enabled(if: Romashka.isBuilt), .serialized, .timeLimit(.minutes(3)))
struct StandbyTests {
    /// A platform that runs, and what can be asked of its processes.
    private struct Site {
        let running: Running
        let url: String

        /// The processes that serve or stand by, the oldest first.
        func servers() throws -> [pid_t] {
            try ChildrenOfProcess.find(running.process.processIdentifier)
                .filter { $0.line.contains("\0serve\0") }.map(\.id).sorted()
        }

        /// Waits until one serves and another one is there that was started after `last`.
        func settled(after last: pid_t = 0) async throws -> [pid_t] {
            _ = try await eventually(within: .seconds(60)) {
                let servers = try servers()
                return servers.count == 2 && servers.allSatisfy { $0 > last }
            }
            return try servers()
        }
    }

    private static func with(_ body: (Site) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "standby-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let running = try Running(
            ["up", "--port", "0", "--data-dir", directory, "--json", "--access-log", "off", "--keep-backups", "0"])
        defer { running.end(SIGINT) }
        let url = try #require(try await running.firstLine()["url"]?.string)
        try await body(Site(running: running, url: url))
    }

    @Test("Who connects while no server is there waits for the next one, and is refused by none")
    func crash() async throws {
        try await Self.with { site in
            let before = try await site.settled()
            kill(before[0], SIGKILL)
            kill(before[1], SIGKILL)
            // A connection of its own: none that the processes before have had.
            #expect(try await TestClient(site.url).send("GET", "/readyz").status == 200)
            #expect(try site.servers().allSatisfy { $0 > before[1] })
        }
    }

    @Test("The one that stands by takes over when the other is killed, and a third one stands by then")
    func takeOver() async throws {
        try await Self.with { site in
            let before = try await site.settled()
            let deadline = ContinuousClock.now + .seconds(60)
            // Until it has prepared itself, nobody can tell from outside; then it is the one that stays.
            kill(before[0], SIGKILL)
            #expect(try await TestClient(site.url).send("GET", "/readyz").status == 200)
            let after = try await site.settled(after: before[0])
            #expect(after.contains(before[1]) && ContinuousClock.now < deadline)
        }
    }

    @Test("SIGUSR2 replaces every process while requests are answered without a break")
    func renewal() async throws {
        try await Self.with { site in
            let before = try await site.settled()
            let client = TestClient(site.url)
            kill(site.running.process.processIdentifier, SIGUSR2)
            let isReplaced = try await eventually(within: .seconds(60)) {
                #expect(try await client.send("GET", "/healthz").status == 200)
                let servers = try site.servers()
                return servers.count == 2 && !servers.contains { before.contains($0) }
            }
            #expect(isReplaced)
        }
    }
}
