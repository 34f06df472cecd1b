internal import ServiceLifecycle
internal import Synchronization

/// The moment from which a process that has stood by is to serve; its ``Lifeline`` hears of it.
package final class Turn: Sendable {
    private let state = Mutex((hasCome: false, waiting: [AsyncStream<Void>.Continuation]()))

    package init() {}

    /// It is now, and stays so.
    package func come() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Waits for it.
    ///
    /// - Returns: false when shutdown begins before.
    package func hasCome() async -> Bool {
        let (calls, call) = AsyncStream<Void>.makeStream()
        let hasCome = state.withLock { state in
            if !state.hasCome { state.waiting.append(call) }
            return state.hasCome
        }
        if hasCome { return true }
        for await _ in calls.cancelOnGracefulShutdown() {}
        return state.withLock { $0.hasCome }
    }
}
