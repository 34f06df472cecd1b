import Foundation
import Platform

/// A command that tells whether a trouble is gone.
struct BisectTrial {
    /// What the shell runs.
    let command: String
    /// After how many seconds it is ended.
    let seconds: Int

    /// Runs it once; what it says goes to standard error.
    ///
    /// - Returns: whether the trouble is gone.
    /// - Throws: `ConfigurationError` when its status tells neither.
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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "--kill-after=5", "\(seconds)", "/bin/sh", "-c", command]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.standardError
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { process in
                let isKilled = process.terminationReason == .uncaughtSignal
                continuation.resume(returning: process.terminationStatus + (isKilled ? 128 : 0))
            }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
