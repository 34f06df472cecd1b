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

        /// The processes that run a command, the oldest first.
        func processes(_ command: String) throws -> [pid_t] {
            try ChildrenOfProcess.find(running.process.processIdentifier)
                .filter { $0.line.contains("\0\(command)\0") }.map(\.id).sorted()
        }

        /// The processes that serve or stand by, the oldest first.
        func servers() throws -> [pid_t] { try processes("serve") }

        /// Waits until one serves and another one is there that was started after `last`.
        func settled(after last: pid_t = 0) async throws -> [pid_t] {
            var found: [pid_t] = []
            let isSettled = try await eventually(within: .seconds(60)) {
                found = try servers()
                return found.count == 2 && found.allSatisfy { $0 > last }
            }
            try #require(isSettled)
            return found
        }
    }

    /// - Parameter starting: is done while it starts, once its directory is there.
    private static func with(
        starting: (Running) -> Void = { _ in }, _ body: (Site) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "standby-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let running = try Running(
            ["up", "--port", "0", "--data-dir", directory, "--json", "--access-log", "off", "--keep-backups", "0"])
        defer { running.end(SIGINT) }
        let isStarting = try await eventually { FileManager.default.fileExists(atPath: directory) }
        #expect(isStarting)
        starting(running)
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
            // Until it has prepared itself, nobody can tell from outside; then it is the one that stays.
            kill(before[0], SIGKILL)
            #expect(try await TestClient(site.url).send("GET", "/readyz").status == 200)
            let after = try await site.settled(after: before[0])
            #expect(after.contains(before[1]))
        }
    }

    @Test("SIGUSR2 replaces every process while requests are answered without a break")
    func renewal() async throws {
        try await Self.with { site in
            let before = try await site.settled()
            let jobs = try site.processes("work")
            try #require(jobs.count == 1)
            let client = TestClient(site.url)
            kill(site.running.process.processIdentifier, SIGUSR2)
            let isReplaced = try await eventually(within: .seconds(60)) {
                #expect(try await client.send("GET", "/healthz").status == 200)
                let (servers, workers) = (try site.servers(), try site.processes("work"))
                return servers.count == 2 && workers.count == 1
                    && !(servers + workers).contains { (before + jobs).contains($0) }
            }
            #expect(isReplaced)
        }
    }

    @Test("SIGUSR2 while everything still starts ends nothing")
    func earlyRenewal() async throws {
        try await Self.with(starting: { kill($0.process.processIdentifier, SIGUSR2) }) { site in
            let status = try await TestClient(site.url).send("GET", "/readyz").status
            #expect(status == 200)
        }
    }
}
