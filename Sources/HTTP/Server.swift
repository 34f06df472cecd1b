internal import HTTPTypes
package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import ServiceLifecycle

/// Serves HTTP/1.1 on a socket.
///
/// Hummingbird's own server opens the address itself; this one takes what was opened before, by another process too.
package struct Server<Responder: HTTPResponder>: Service where Responder.Context == HTTPContext {
    private typealias Connections = EventLoopBoundChannel<ConnectionDeadlinesChannel<HTTP1Channel>>
    private typealias Listener = NIOAsyncChannel<HTTP1Channel.Value, Never>

    /// An answer could not be written, because what came of the request is no HTTP.
    private struct UnreadableRequest: Error {}

    /// A connection was closed because there are as many as there may be.
    private struct TooManyConnections: Error {}

    private let responder: Responder
    private let socket: ListeningSocket
    private let limits: ConnectionLimits
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void
    private let open: OpenConnections

    /// - Parameters:
    ///   - responder: the API, or the metrics alone.
    ///   - socket: belongs to the server from now on.
    ///   - limits: how long clients may take, and how many there may be.
    ///   - onReady: called with the port once requests are taken.
    package init(
        _ responder: Responder, on socket: ListeningSocket, limits: ConnectionLimits = .init(), logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) {
        self.responder = responder
        self.socket = socket
        self.limits = limits
        self.logger = logger
        self.onReady = onReady
        open = OpenConnections(atMost: limits.connections, logger: logger)
    }

    /// Serves until shutdown, and until the requests in flight are answered.
    ///
    /// - Throws: `ListeningError`.
    package func run() async throws {
        let connections = connections
        let listener = try await listen(connections)
        await withGracefulShutdownHandler {
            await onReady(socket.port)
            await withDiscardingTaskGroup { group in
                do {
                    try await listener.executeThenClose { inbound in
                        for try await connection in inbound {
                            group.addTask { await connections.handle(value: connection, logger: logger) }
                        }
                    }
                } catch {
                    logger.error("connections are no longer taken", metadata: ["error": "\(error)"])
                }
            }
        } onGracefulShutdown: {
            listener.channel.close(promise: nil)
            open.leave(after: TimeAmount(limits.farewell), on: listener.channel.eventLoop)
        }
    }

    private func listen(_ connections: Connections) async throws -> Listener {
        try socket.listen()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(socket.descriptor) { channel in begin(channel, of: connections) }
        // The bootstrap has listened too, and had the system keep fewer waiting.
        try socket.listen()
        return listener
    }

    /// Makes a connection of what was accepted. Where there are too many it is closed at once: when descriptors run out,
    /// nothing else goes on either.
    private func begin(_ channel: any Channel, of connections: Connections) -> EventLoopFuture<HTTP1Channel.Value> {
        guard open.admitsAnother() else {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(TooManyConnections())
        }
        return connections.setup(channel: channel, logger: logger).map { connection in
            open.add(connection)
            return connection
        }
    }

    private var connections: Connections {
        Connections(
            base: ConnectionDeadlinesChannel(
                base: HTTP1Channel(responder: answer, configuration: .init(idleTimeout: TimeAmount(limits.idle))),
                limits: limits))
    }

    @concurrent @Sendable private func answer(
        _ request: Hummingbird.Request, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        var response = try await responder.respond(to: request, context: HTTPContext(channel: channel))
        response.headers[.date] = HTTPDate.now
        if open.isLeaving { response.headers[.connection] = "close" }
        do {
            try await writer.write(response: response.head, body: response.body)
        } catch is HTTPParserError {
            // Would be taken for one before the answer began, and be answered.
            throw UnreadableRequest()
        }
    }
}
