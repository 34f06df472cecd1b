internal import HummingbirdCore
internal import NIOCore
internal import Synchronization

/// The connections of a server, which are asked to end when it takes no more.
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

    private let state = Mutex((phase: Phase.serving, open: [ObjectIdentifier: HTTP1Channel.Value]()))

    /// Whether answers should say that a connection ends with them.
    var isLeaving: Bool { state.withLock { $0.phase != .serving } }

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
