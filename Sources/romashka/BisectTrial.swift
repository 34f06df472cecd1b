import Foundation
import Platform
import Supervision

/// A command that tells whether a trouble is gone.
struct BisectTrial {
    /// What the shell runs.
    let command: String
    /// After how many seconds it is ended.
    let seconds: Int

    /// Runs it once; what it says goes to standard error. When the task is cancelled, it is ended.
    ///
    /// - Returns: whether the trouble is gone.
    /// - Throws: `ConfigurationError` when its status tells neither; `CancellationError`.
    func isGone() async throws -> Bool {
        let status = try await status()
        guard status != 0 else { return true }
        guard (1...123).contains(status) else {
            let why = status == 124 || status == 137 ? "took longer than \(seconds) seconds" : "ended with \(status)"
            throw ConfigurationError(
                .trialInconclusive, "the command \(why), which tells nothing; everything serves again as before")
        }
        return false
    }

    /// How the shell ended, in the middle of whatever it started: timeout(1) ends all of it.
    private func status() async throws -> Int32 {
        let spawn = Spawn(
            "/usr/bin/env", ["timeout", "--kill-after=5", "\(seconds)", "/bin/sh", "-c", command],
            environment: ProcessInfo.processInfo.environment, input: .file("/dev/null", flags: O_RDONLY),
            output: .descriptor(STDERR_FILENO), error: .descriptor(STDERR_FILENO))
        let process = try await ChildProcess.start { () throws(POSIXError) in try spawn.start() }
        guard let exit = await process.exitUnlessCancelled() else {
            // It passes the first on, and five seconds later sends what cannot be ignored.
            await process.end(bySignals: [SIGTERM, SIGKILL], each: .seconds(7))
            throw CancellationError()
        }
        return switch exit {
        case .status(let status): status
        case .signal(let signal): 128 + signal
        }
    }
}
