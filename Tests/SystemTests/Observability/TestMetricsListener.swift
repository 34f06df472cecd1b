import HTTP
import Platform
import TestKit

/// The metrics of a platform on a listener of their own.
enum TestMetricsListener {
    /// Serves for the time of `body`.
    static func with(_ test: TestPlatform, _ body: @Sendable (TestClient) async throws -> Void) async throws {
        let logger = test.database.server.logger
        try await RunningServer.with(
            logger: logger,
            services: { tell in
                [
                    Server.application(
                        MetricsResponder(test.platform.metrics), listen: ListenAddress(host: "127.0.0.1", port: 0),
                        logger: logger, onReady: tell)
                ]
            },
            { port, _ in try await body(TestClient("http://127.0.0.1:\(port)")) })
    }
}
