internal import PluginKit
internal import Synchronization

/// Lets a few read at a time and the others wait, tenant by tenant: however many come back at once, what lives by the
/// feed waits for a few pages at most, and so does another tenant's stream.
final class ReadingTurns: Sendable {
    /// Is told whether its turn has come; if not, it was given up.
    private typealias Waiter = CheckedContinuation<Bool, Never>

    private struct State {
        var free: Int
        var lastID: UInt64 = 0
        var waiting = ReadingRotation<TenantID, Waiter>()
    }

    private let state: Mutex<State>

    /// - Parameter count: how many read at one time.
    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// How many wait for their turn.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` when its turn has come.
    ///
    /// - Parameter tenant: whose stream it is.
    /// - Throws: `CancellationError` when it was cancelled before; what `body` throws.
    func take<Value>(for tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        try await begin(tenant)
        defer { end() }
        return try await body()
    }

    private func begin(_ tenant: TenantID) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let hasCome = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                if let hasCome = enter(id, waiter, tenant) { waiter.resume(returning: hasCome) }
            }
        } onCancel: {
            giveUp(id, tenant)
        }
        guard hasCome else { throw CancellationError() }
    }

    /// Whether the turn has come; nil when it is waited for.
    private func enter(_ id: UInt64, _ waiter: Waiter, _ tenant: TenantID) -> Bool? {
        state.withLock { state -> Bool? in
            // A cancellation before this line came too early to find who waits.
            guard !Task.isCancelled else { return false }
            guard state.free == 0 else {
                state.free -= 1
                return true
            }
            state.waiting.append(waiter, id, for: tenant)
            return nil
        }
    }

    private func giveUp(_ id: UInt64, _ tenant: TenantID) {
        let waiter = state.withLock { $0.waiting.remove(id, for: tenant) }
        waiter?.resume(returning: false)
    }

    private func end() {
        let next = state.withLock { state -> Waiter? in
            let next = state.waiting.next()
            if next == nil { state.free += 1 }
            return next
        }
        next?.resume(returning: true)
    }
}
