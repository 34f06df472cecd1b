import Foundation
import Logging
import ServiceLifecycle
import Supervision
import Synchronization
import TestKit
import Testing

/// One child, which a supervisor starts again and again. It notes its number and runs until it is ended.
@Suite("Supervisor", .timeLimit(.minutes(5)))
struct SupervisorTests {
    /// What was logged.
    private struct Record: LogHandler {
        final class Lines: Sendable {
            let messages = Mutex<[String]>([])

            func count(_ message: String) -> Int { messages.withLock { $0.count { $0 == message } } }
        }

        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let message = event.message.description
            lines.messages.withLock { $0.append(message) }
        }
    }

    /// A supervisor that runs, and the program that it starts.
    private struct Site: Sendable {
        let supervisor: Supervisor
        let program: String
        let lines: Record.Lines

        /// The children that were started, the newest last.
        var children: [pid_t] {
            let text = (try? String(contentsOfFile: program + ".started", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { pid_t($0) }
        }

        /// Waits for the child that is started after so many others.
        func child(after count: Int) async throws -> pid_t {
            let isStarted = try await eventually { children.count == count + 1 }
            #expect(isStarted)
            return try #require(children.last)
        }
    }

    private static let crash = "a process ended and is started again"

    private static func with(_ body: @Sendable (Site) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("romashka-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appendingPathComponent("child").path
        try FileManager.default.createSymbolicLink(atPath: program, withDestinationPath: "/bin/sh")
        // It ends when the supervisor's process does, as every child.
        let script = "echo $$ >> \"$0\"; read -r line"
        let lines = Record.Lines()
        let logger = Logger(label: "test") { _ in Record(lines: lines) }
        let supervisor = Supervisor(
            "child", arguments: ["-c", script, program + ".started"], program: program, logger: logger)
        let group = ServiceGroup(services: [supervisor], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(Site(supervisor: supervisor, program: program, lines: lines))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("A child that cannot be started again just now is started as soon as it can")
    func noRoom() async throws {
        try await Self.with { site in
            let first = try await site.child(after: 0)
            try FileManager.default.moveItem(atPath: site.program, toPath: site.program + ".away")
            kill(first, SIGKILL)
            let isTried = try await eventually { site.lines.count("a process cannot be started") >= 2 }
            #expect(isTried)
            try FileManager.default.moveItem(atPath: site.program + ".away", toPath: site.program)
            let second = try await site.child(after: 1)
            #expect(second != first && kill(second, 0) == 0)
        }
    }

    @Test("A first child that cannot be started is an error")
    func missing() async {
        let supervisor = Supervisor(
            "child", arguments: [], program: "/nowhere/nothing",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await #expect(throws: POSIXError(.ENOENT)) { try await supervisor.run() }
    }

    @Test("A child that is to be replaced is no crash, and the next one does not wait")
    func renewal() async throws {
        try await Self.with { site in
            for count in 0..<8 {
                _ = try await site.child(after: count)
                site.supervisor.renew()
            }
            let last = try await site.child(after: 8)
            #expect(site.lines.count(Self.crash) == 0)
            kill(last, SIGKILL)
            _ = try await site.child(after: 9)
            #expect(site.lines.count(Self.crash) == 1)
        }
    }
}
