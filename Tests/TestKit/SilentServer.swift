internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A server on a loopback port that answers whatever it is sent with the same bytes, and then with no more or with one
/// now and then; it never ends an answer, and closes no connection.
package struct SilentServer: Sendable {
    /// Where it listens, such as `http://127.0.0.1:40123`.
    package let url: String
    private let connections: Connections

    /// How many connections were made to it so far.
    package var made: Int { connections.made.load(ordering: .relaxed) }
    /// How many of them are open.
    package var open: Int { connections.open.load(ordering: .relaxed) }

    /// Serves for the time of `body`.
    ///
    /// - Parameters:
    ///   - answer: what each connection begins with, such as the head of an answer.
    ///   - interval: between the bytes that follow; nil for none.
    package static func with<Value: Sendable>(
        answering answer: String, dripping interval: Duration? = nil,
        _ body: @Sendable (SilentServer) async throws -> Value
    ) async throws -> Value {
        let connections = Connections()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(answer, interval: interval.map { TimeAmount($0) }, connections))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = SilentServer(
            url: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)", connections: connections)
        do {
            let value = try await body(server)
            try await channel.close()
            return value
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private final class Connections: Sendable {
        let made = Atomic<Int>(0)
        let open = Atomic<Int>(0)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let answer: String
        private let interval: TimeAmount?
        private let connections: Connections
        private var hasAnswered = false
        private var drip: RepeatedTask?

        init(_ answer: String, interval: TimeAmount?, _ connections: Connections) {
            self.answer = answer
            self.interval = interval
            self.connections = connections
        }

        func channelActive(context: ChannelHandlerContext) {
            connections.made.add(1, ordering: .relaxed)
            connections.open.add(1, ordering: .relaxed)
        }

        func channelInactive(context: ChannelHandlerContext) {
            drip?.cancel()
            connections.open.subtract(1, ordering: .relaxed)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasAnswered else { return }
            hasAnswered = true
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer(string: answer), promise: nil)
            guard let interval else { return }
            drip = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
            }
        }
    }
}
