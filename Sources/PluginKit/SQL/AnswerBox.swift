import Synchronization

/// Carries one value out of a closure that returns nothing.
final class AnswerBox<Answer: Sendable>: Sendable {
    private let answer = Mutex<Answer?>(nil)

    func store(_ value: Answer) {
        answer.withLock { $0 = value }
    }

    /// - Throws: `CancellationError` when the closure never ran to its end.
    func take() throws -> Answer {
        guard let value = answer.withLock({ $0 }) else { throw CancellationError() }
        return value
    }
}
