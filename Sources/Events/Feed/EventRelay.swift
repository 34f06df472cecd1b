package import Logging
internal import PluginKit
package import Postgres
internal import ServiceLifecycle

/// Numbers committed events, so that they can be read in order.
package struct EventRelay: Service {
    /// How often it looks.
    private static let interval: Duration = .milliseconds(20)
    /// How many events one transaction numbers.
    private static let batch = 2000

    private let pipeline: PipelineConnection
    private let logger: Logger

    /// - Parameter pipeline: of the kernel's role `worker`.
    package init(pipeline: PipelineConnection, logger: Logger) {
        self.pipeline = pipeline
        self.logger = logger
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: await pass() ? .zero : EventRelay.interval)
            }
        }
    }

    /// Numbers what there is. Returns whether there may be more.
    private func pass() async -> Bool {
        do {
            return try await number() == EventRelay.batch
        } catch {
            logger.warning("events could not be numbered", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Numbers at most a batch.
    ///
    /// - Returns: how many; 0 also when another process is at it.
    @discardableResult
    package func number() async throws -> Int {
        // Whoever numbers writes; most of the time there is nothing to number.
        let result = try await pipeline.run(
            [
                """
                SELECT core.number_events(\(EventRelay.batch)::int4) AS events
                WHERE EXISTS (SELECT FROM core.events WHERE seq IS NULL)
                """
            ])[0]
        return try result.first?.get("events", as: Int?.self) ?? 0
    }
}
