import Foundation
import Supervision
import Testing

@testable import EmbeddedPostgres

@Suite("Command")
struct CommandTests {
    @Test("status, signal and output are told")
    func exitsAreTold() async throws {
        let (exit, output) = try await Command("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"]).run()
        #expect(exit == .status(3))
        #expect(output == "out\nerr\n")
        #expect(try await Command("/bin/sh", ["-c", "kill -9 $$"]).run().exit == .signal(SIGKILL))
    }

    @Test("no file of the host is open in the child")
    func filesAreClosed() async throws {
        let descriptor = open("/dev/null", O_RDONLY)
        defer { close(descriptor) }
        try #require(descriptor > 2)
        let (_, output) = try await Command("/bin/sh", ["-c", "ls /proc/$$/fd | tr '\\n' ' '; pwd"]).run()
        #expect(output.hasPrefix("0 1 2 "))
        #expect(!output.contains("\(descriptor) "))
        #expect(output.hasSuffix("/\n"))
    }

    @Test("a child that is bound ends as soon as its host is killed")
    func boundChildEndsWithItsHost() async throws {
        let note = "/tmp/romashka-bench-\(UUID().uuidString.prefix(8))"
        defer { FileSystem.remove(note) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [note = note as String] in
            let command = try Command("/bin/sleep", ["60"]).bound(dyingBy: "TERM", as: nil)
            let process = try await command.start()
            try "\(process.id)".write(toFile: note, atomically: true, encoding: .utf8)
            // Only a child that has become the program has asked for its signal.
            _ = try await Bench.until { FileSystem.text(of: "/proc/\(process.id)/comm") == "sleep\n" }
            kill(getpid(), SIGKILL)
        }
        let id = try #require(FileSystem.text(of: note))
        let isGone = try await Bench.until {
            let status = FileSystem.text(of: "/proc/\(id)/status") ?? ""
            return status.isEmpty || status.contains("State:\tZ")
        }
        #expect(isGone)
    }
}
