package import HTTP
package import Logging
package import ServiceLifecycle

/// Runs a platform as a server until it is told to stop.
package enum PlatformServer {
    /// How long requests in flight may take to end after a signal.
    private static let shutdownLimit: Duration = .seconds(20)

    /// Serves until SIGTERM or SIGINT, then stops in order: no new requests, requests in flight, connections.
    ///
    /// - Parameters:
    ///   - metrics: where the metrics are served to whoever gets there; nil serves them to operators' tokens only.
    ///   - before: services that start first and stop last, such as an embedded database.
    ///   - onReady: called with the port once requests are taken.
    package static func run(
        _ platform: Platform, listen: ListenAddress, metrics: ListenAddress? = nil, before: [any Service] = [],
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let application = Server.application(platform.api, listen: listen, logger: logger, onReady: onReady)
        let monitor = metrics.map { address in
            Server.application(MetricsResponder(platform.metrics), listen: address, logger: logger) { port in
                logger.notice("metrics are served", metadata: ["port": "\(port)"])
            }
        }
        let services: [any Service] = before + platform.services + [monitor].compactMap { $0 } + [application]
        // Nothing but a plugin's code can outlast this, and then the watch has ended the process.
        let configuration = ServiceGroupConfiguration(services, within: shutdownLimit, logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }
}
