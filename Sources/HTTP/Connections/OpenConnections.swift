internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Synchronization

/// The connections of a server, of which there are only so many, and which are asked to end when it takes no more.
///
/// Each is kept until it is closed: one that comes while the server leaves may find nobody to serve it, and NIO ends the
/// process when such a one is let go of before.
final class OpenConnections: Sendable {
    /// What becomes of connections.
    private enum Phase {
        /// Can transition to: leaving.
        case serving
        /// Each ends with its next answer. Can transition to: ending.
        case leaving
        /// Those that wait for a request end too.
        case ending
    }

    private let limit: Int
    private let logger: Logger
    private let state = Mutex(
        (phase: Phase.serving, open: [ObjectIdentifier: HTTP1Channel.Value](), isKnownFull: false))

    /// - Parameter limit: how many are open at one time.
    init(atMost limit: Int, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    /// Whether answers should say that a connection ends with them.
    var isLeaving: Bool { state.withLock { $0.phase != .serving } }

    /// Whether there is room for another connection. That there is none is logged once, until there was for a while.
    func admitsAnother() -> Bool {
        let (isFull, isNews) = state.withLock { state -> (Bool, Bool) in
            let isFull = state.open.count >= limit
            let isNews = isFull && !state.isKnownFull
            if isFull { state.isKnownFull = true }
            if state.open.count <= limit / 10 * 9 { state.isKnownFull = false }
            return (isFull, isNews)
        }
        if isNews {
            logger.warning("as many connections are open as may be; more are closed", metadata: ["open": "\(limit)"])
        }
        return !isFull
    }

    /// Keeps a connection until it is closed.
    func add(_ connection: HTTP1Channel.Value) {
        let channel = connection.channel
        let phase = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = connection
            return state.phase
        }
        channel.closeFuture.whenComplete { _ in self.remove(channel) }
        if phase == .ending { OpenConnections.endIfIdle(channel) }
    }

    private func remove(_ channel: any Channel) {
        // Let go of when the lock is free.
        _ = state.withLock { $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// From now on each connection ends with its next answer; those that wait for a request longer than `patience` end
    /// without one. At once they would cut off who is just sending.
    func leave(after patience: TimeAmount, on eventLoop: any EventLoop) {
        state.withLock { $0.phase = .leaving }
        eventLoop.scheduleTask(in: patience) { self.endIdle() }
    }

    private func endIdle() {
        let open = state.withLock { state in
            state.phase = .ending
            return state.open.values.map(\.channel)
        }
        for channel in open { OpenConnections.endIfIdle(channel) }
    }

    private static func endIfIdle(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
}
