/// A bound of time on work that ends when its task is cancelled.
package enum TimeLimit {
    /// The work did not end in time.
    package struct Exceeded: Error {}

    /// What comes of `work`, if that is before the deadline.
    ///
    /// Work that is late is cancelled and waited for, and what it makes of that is not taken: it may be half of it.
    ///
    /// - Throws: `Exceeded`; `CancellationError`; what `work` throws.
    package static func run<Value: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Ending<Value>.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                let value = try await work()
                try Task.checkCancellation()
                return .inTime(value)
            }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                return .late
            }
            // The first to end decides.
            guard case .inTime(let value)? = try await group.next() else { throw Exceeded() }
            return value
        }
    }
}

/// How work ended.
private enum Ending<Value: Sendable>: Sendable {
    case inTime(Value)
    case late
}
