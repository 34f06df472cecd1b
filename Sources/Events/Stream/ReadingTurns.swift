internal import Synchronization

/// Lets a few read at a time and the others wait in their order: however many come back at once, what lives by the feed
/// waits for a few pages at most.
final class ReadingTurns: Sendable {
    /// Is told whether its turn has come; if not, it was given up.
    private typealias Waiter = CheckedContinuation<Bool, Never>

    private struct State {
        var free: Int
        var lastID: UInt64 = 0
        var waiting: [(id: UInt64, waiter: Waiter)] = []
    }

    private let state: Mutex<State>

    /// - Parameter count: how many read at one time.
    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// Runs `body` when its turn has come.
    ///
    /// - Throws: `CancellationError` when it was cancelled before; what `body` throws.
    func take<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await begin()
        defer { end() }
        return try await body()
    }

    private func begin() async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let hasCome = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                if let hasCome = enter(id, waiter) { waiter.resume(returning: hasCome) }
            }
        } onCancel: {
            giveUp(id)
        }
        guard hasCome else { throw CancellationError() }
    }

    /// Whether the turn has come; nil when it is waited for.
    private func enter(_ id: UInt64, _ waiter: Waiter) -> Bool? {
        state.withLock { state -> Bool? in
            // A cancellation before this line came too early to find who waits.
            guard !Task.isCancelled else { return false }
            guard state.free == 0 else {
                state.free -= 1
                return true
            }
            state.waiting.append((id, waiter))
            return nil
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let place = state.waiting.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiting.remove(at: place).waiter
        }
        waiter?.resume(returning: false)
    }

    private func end() {
        let next = state.withLock { state -> Waiter? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().waiter }
            state.free += 1
            return nil
        }
        next?.resume(returning: true)
    }
}
