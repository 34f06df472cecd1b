package import Logging
internal import ServiceLifecycle

/// Does something again and again until shutdown; what fails is logged and tried again the next time.
///
/// - Parameters:
///   - interval: from one end to the next beginning.
///   - failing: what the log says of a failure.
///   - level: how loud it says so.
package func untilShutdown(
    every interval: Duration, failing message: String, level: Logger.Level = .error, logger: Logger,
    _ work: @escaping @Sendable () async throws -> Void
) async {
    try? await cancelWhenGracefulShutdown {
        while true {
            do {
                try await work()
            } catch is CancellationError {
                return
            } catch {
                logger.log(level: level, "\(message)", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: interval)
        }
    }
}
