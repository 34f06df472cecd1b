internal import Synchronization

/// The rows of a COPY on their way from the connection's thread to their one reader. Where more wait than the bound, the
/// connection is read no further until the reader has taken them: the server waits, and nothing grows.
final class CopyRows: Sendable {
    /// How many bytes may wait before reading stops.
    static let usualBound = 1 << 20

    private struct State {
        var rows: [[UInt8]] = []
        var bytes = 0
        /// Whether the connection waits for room.
        var isPaused = false
        /// Whether the reader has left: what comes is dropped.
        var isAbandoned = false
        var end: Result<Void, DatabaseError>?
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let bound: Int
    private let resume: @Sendable () -> Void

    /// - Parameters:
    ///   - bound: how many bytes may wait; one row more may.
    ///   - resume: tells the connection that there is room again.
    init(bound: Int, resume: @escaping @Sendable () -> Void) {
        self.bound = bound
        self.resume = resume
    }

    // MARK: On the connection's thread

    /// Whether there is room for a row; if not, `resume` is called when there is.
    func hasRoom() -> Bool {
        state.withLock { state in
            guard !state.isAbandoned, state.bytes >= bound else { return true }
            state.isPaused = true
            return false
        }
    }

    func add(_ row: [UInt8]) {
        wake { state in
            guard !state.isAbandoned else { return false }
            state.rows.append(row)
            state.bytes += row.count
            return true
        }
    }

    /// No more rows come.
    func finish(_ failure: DatabaseError?) {
        wake { state in
            state.end = failure.map { .failure($0) } ?? .success(())
            return true
        }
    }

    private func wake(_ change: (inout State) -> Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard change(&state) else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    // MARK: In the reader's task

    /// The rows that have come since the last call, of which there is at least one; nil at the end.
    ///
    /// - Throws: `DatabaseError` when the COPY failed; `CancellationError`.
    func next() async throws -> [[UInt8]]? {
        while true {
            try Task.checkCancellation()
            let (rows, end) = take()
            if !rows.isEmpty { return rows }
            if let end {
                try end.get()
                return nil
            }
            await withTaskCancellationHandler {
                await wait { !$0.rows.isEmpty || $0.end != nil || Task.isCancelled }
            } onCancel: {
                wake { _ in true }
            }
        }
    }

    /// Drops what is there and what will come, and waits until the server has nothing more to say: then the connection
    /// is as good as before.
    func abandon() async {
        state.withLock { $0.isAbandoned = true }
        _ = take()
        while state.withLock({ $0.end == nil }) { await wait { $0.end != nil } }
    }

    private func take() -> (rows: [[UInt8]], end: Result<Void, DatabaseError>?) {
        let (rows, end, mustResume) = state.withLock { state in
            defer {
                state.rows = []
                state.bytes = 0
                state.isPaused = false
            }
            return (state.rows, state.end, state.isPaused)
        }
        if mustResume { resume() }
        return (rows, end)
    }

    private func wait(until isOver: (State) -> Bool) async {
        await withCheckedContinuation { waiter in
            let isNow = state.withLock { state in
                if isOver(state) { return true }
                state.waiter = waiter
                return false
            }
            if isNow { waiter.resume() }
        }
    }
}
