internal import Foundation
internal import Supervision

extension Command {
    /// Leaves the working directory, which the program may not be allowed to read, and becomes the program.
    private static let fromRoot = #"cd / && exec "$0" "$@""#

    /// Starts the program, which works in `/`, reads nothing and has no file of this process open.
    ///
    /// - Returns: the process's id. The death signal, if one is asked for, follows the thread that calls this.
    /// - Throws: `EmbeddedPostgresError` when it cannot be started.
    func spawn() throws(EmbeddedPostgresError) -> pid_t {
        let path = output ?? "/dev/null"
        let spawn = Spawn(
            "/bin/sh", ["-c", Self.fromRoot, executable] + arguments, environment: environment,
            input: .file("/dev/null", flags: O_RDONLY), output: .file(path, flags: O_WRONLY | O_CREAT | O_APPEND),
            error: .descriptor(STDOUT_FILENO)
        )
        do {
            return try spawn.start()
        } catch {
            throw EmbeddedPostgresError(
                .startFailed, "Cannot run \(executable): \(error.localizedDescription).",
                fix: "check that \(path) may be written, and the limit of processes."
            )
        }
    }

    /// Starts the program and watches it.
    func start() async throws(EmbeddedPostgresError) -> ChildProcess {
        try await ChildProcess.start { () throws(EmbeddedPostgresError) in try spawn() }
    }

    /// Runs the program to its end; when the task is cancelled, it is asked to end early.
    ///
    /// - Returns: how it ended and what it wrote to standard output and error.
    func run() async throws(EmbeddedPostgresError) -> (exit: ProcessExit, output: String) {
        let file = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("output-\(UUID().uuidString)")
        defer { FileSystem.remove(file.path) }
        var command = self
        command.output = file.path
        let process = try await command.start()
        let exit = await withTaskCancellationHandler {
            await process.exit()
        } onCancel: {
            process.signal(SIGTERM)
        }
        return (exit, FileSystem.text(of: file.path) ?? "")
    }
}
