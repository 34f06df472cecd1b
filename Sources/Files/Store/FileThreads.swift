internal import Cryptography
internal import PluginKit

/// Where calls of the file system wait, apart from the threads that answer requests.
enum FileThreads {
    private static let pool = BoundedThreadPool(
        concurrency: 4, queueLimit: 4096,
        overload: Problem(
            status: 503, code: "files_busy", detail: "Too many files are on their way; try again.", retryAfter: 1))

    /// Runs `work` on one of a few threads.
    ///
    /// - Throws: `Problem` 503 `files_busy`, `CancellationError`, what `work` throws.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await pool.run(work)
    }
}
