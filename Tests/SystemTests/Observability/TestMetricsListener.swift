import HTTP
import Platform
import TestKit

/// The metrics of a platform on a listener of their own.
enum TestMetricsListener {
    /// Serves for the time of `body`.
    static func with(_ test: TestPlatform, _ body: @Sendable (TestClient) async throws -> Void) async throws {
        let logger = test.database.server.logger
        let socket = try ListeningSocket(ListenAddress(host: "127.0.0.1", port: 0))
        try await RunningServer.with(
            logger: logger,
            services: { tell in
                [
                    Server(MetricsResponder(test.platform.metrics), on: socket, logger: logger, onReady: tell)
                ]
            },
            { port, _ in try await body(TestClient("http://127.0.0.1:\(port)")) })
    }
}
