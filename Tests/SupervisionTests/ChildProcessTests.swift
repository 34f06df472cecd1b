import Foundation
import Testing

@testable import Supervision

@Suite("Child process")
struct ChildProcessTests {
    private static func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let null = Spawn.Stream.file("/dev/null", flags: O_RDWR)
        let spawn = Spawn(program, arguments, environment: [:], input: null, output: null, error: null)
        return ChildProcess.watching(try spawn.start())
    }

    @Test(
        "status and signal are told, at once and afterwards",
        arguments: [("exit 3", ProcessExit.status(3)), ("kill -9 $$", .signal(SIGKILL)), ("true", .status(0))])
    func exitsAreTold(script: String, exit: ProcessExit) async throws {
        let process = try Self.start("/bin/sh", ["-c", script])
        #expect(await process.exit() == exit)
        #expect(await process.exit() == exit)
        #expect(kill(process.id, 0) == -1, "it was not reaped")
    }

    @Test("a limit ends the wait, not the process")
    func waitIsLimited() async throws {
        let process = try Self.start("/bin/sleep", ["600"])
        #expect(await process.exit(within: .milliseconds(5)) == nil)
        #expect(await process.end(bySignals: [SIGTERM], each: .seconds(5)) == .signal(SIGTERM))
        #expect(await process.exit(within: .zero) == .signal(SIGTERM))
    }

    @Test("a process that ignores the first signal is ended by the last")
    func strongerSignalsFollow() async throws {
        let process = try Self.start("/bin/sleep", ["600"])
        #expect(await process.end(bySignals: [SIGURG, SIGKILL], each: .milliseconds(50)) == .signal(SIGKILL))
    }

    @Test("an end is told though a child of its own lives on with all it had open", .timeLimit(.minutes(5)))
    func orphan() async throws {
        let output = Pipe()
        let spawn = Spawn(
            "/bin/sh", ["-c", "sleep 600 & echo $!; kill -9 $$"], environment: ["PATH": "/usr/bin:/bin"],
            input: .file("/dev/null", flags: O_RDONLY), output: .descriptor(output.fileHandleForWriting.fileDescriptor),
            error: .file("/dev/null", flags: O_WRONLY))
        let process = ChildProcess.watching(try spawn.start())
        #expect(await process.exit() == .signal(SIGKILL))
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let orphan = try #require(pid_t(text.trimmingCharacters(in: .newlines)))
        #expect(kill(orphan, 0) == 0, "the orphan was to outlive it")
        kill(orphan, SIGKILL)
    }

    @Test("a program that is not there is an error")
    func missing() {
        #expect(throws: POSIXError(.ENOENT)) { try Self.start("/nowhere/nothing", []) }
    }
}
