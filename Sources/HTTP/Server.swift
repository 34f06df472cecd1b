package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Where the HTTP server listens.
package struct ListenAddress: Sendable {
    package let host: String
    /// 0 picks a free port.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

package enum Server {
    /// The HTTP server as a service.
    ///
    /// - Parameters:
    ///   - responder: the API, or the metrics alone.
    ///   - limits: how long clients may take.
    ///   - onReady: called with the port once requests are taken.
    package static func application(
        _ responder: some HTTPResponder<HTTPContext>, listen: ListenAddress, limits: ConnectionLimits = .init(),
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                EventLoopBoundChannel(
                    base: HeaderDeadlineChannel(
                        base: HTTP1Channel(
                            responder: responder, configuration: .init(idleTimeout: TimeAmount(limits.idle))),
                        limits: limits))
            },
            configuration: .init(address: .hostname(listen.host, port: listen.port), serverName: nil, backlog: 1024),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? listen.port) },
            logger: logger
        )
    }
}
