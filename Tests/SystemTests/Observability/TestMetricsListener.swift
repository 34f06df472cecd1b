import HTTP
import Platform
import ServiceLifecycle
import TestKit

/// The metrics of a platform on a listener of their own.
enum TestMetricsListener {
    /// Serves for the time of `body`.
    static func with(_ test: TestPlatform, _ body: @Sendable (TestClient) async throws -> Void) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let logger = test.database.server.logger
        let application = Server.application(
            MetricsResponder(test.platform.metrics), listen: ListenAddress(host: "127.0.0.1", port: 0), logger: logger
        ) { port.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await group.run()
            }
            guard let number = await ports.first(where: { _ in true }) else { throw CancellationError() }
            do {
                try await body(TestClient("http://127.0.0.1:\(number)"))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
