package import HTTP
package import Logging
package import ServiceLifecycle
package import Supervision

/// Runs a platform as a server until it is told to stop.
package enum PlatformServer {
    /// How long requests in flight may take to end after a signal.
    private static let shutdownLimit: Duration = .seconds(20)

    /// Where a server takes requests.
    package struct Sockets: Sendable {
        /// For the API.
        package let api: ListeningSocket
        /// Where the metrics are served to whoever gets there; nil serves them to operators' tokens only.
        package let metrics: ListeningSocket?

        package init(api: ListeningSocket, metrics: ListeningSocket?) {
            self.api = api
            self.metrics = metrics
        }

        /// Lets connections come, which wait until they are served.
        ///
        /// - Throws: `ListeningError`.
        package func listen() throws(ListeningError) {
            try api.listen()
            try metrics?.listen()
        }

        /// In the order in which they are handed on to a child.
        package var descriptors: [Int32] { [api.descriptor] + (metrics.map { [$0.descriptor] } ?? []) }
    }

    /// Serves until SIGTERM or SIGINT, then stops in order: no new requests, requests in flight, connections.
    ///
    /// - Parameters:
    ///   - turn: until when it only stands by, ready to serve; nil serves at once.
    ///   - before: services that start first and stop last, such as an embedded database.
    ///   - onReady: called with the port once requests are taken.
    package static func run(
        _ platform: Platform, on sockets: Sockets, from turn: Turn? = nil, before: [any Service] = [], logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let server = Server(platform.api, on: sockets.api, logger: logger, onReady: onReady)
        let monitor = sockets.metrics.map { socket in
            Server(MetricsResponder(platform.metrics), on: socket, logger: logger) { port in
                logger.notice("metrics are served", metadata: ["port": "\(port)"])
            }
        }
        let servers: [any Service] = [monitor].compactMap { $0 } + [server]
        let standing: [any Service] =
            turn.map { turn in
                servers.map { FromTurn(turn, $0) } + [StandbyPresence(platform, turn: turn, logger: logger)]
            } ?? servers
        // Nothing but a plugin's code can outlast this, and then the watch has ended the process.
        let configuration = ServiceGroupConfiguration(
            before + platform.services(from: turn) + standing, within: shutdownLimit, logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }
}
