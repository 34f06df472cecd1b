package import Logging
package import ServiceLifecycle

/// Services that serve on a port for the time of a test.
package enum RunningServer {
    /// Runs services for the time of `body`, which gets the port one of them tells; then shuts them down in order.
    ///
    /// - Parameters:
    ///   - logger: where the services log.
    ///   - services: makes the services, given where to tell the port.
    package static func with<Value: Sendable>(
        logger: Logger, services: (_ tell: @escaping @Sendable (Int) -> Void) -> [any Service],
        _ body: @Sendable (_ port: Int, _ group: ServiceGroup) async throws -> Value
    ) async throws -> Value {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let group = ServiceGroup(
            configuration: .init(services: services { port.yield($0) }.map { .init(service: $0) }, logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                // A server that cannot start must not leave the test waiting for its port.
                defer { port.finish() }
                try await group.run()
            }
            guard let number = await ports.first(where: { _ in true }) else { throw CancellationError() }
            do {
                let value = try await body(number, group)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return value
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }
}
