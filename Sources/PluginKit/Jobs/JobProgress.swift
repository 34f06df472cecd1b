internal import Synchronization

/// How far an attempt has come, shared between the handler and the kernel.
@_spi(Kernel)
public final class JobProgress: Sendable {
    private struct State {
        var isCompleted = false
        var steps: [String: JSONValue] = [:]
    }

    private let state = Mutex(State())
    private let translate: @Sendable (any Error) -> any Error

    /// - Parameter translate: recognises among the database's errors that the lease is lost.
    public init(translate: @escaping @Sendable (any Error) -> any Error) {
        self.translate = translate
    }

    /// Whether the job's last transaction has committed.
    public var isCompleted: Bool { state.withLock { $0.isCompleted } }

    func requireOpen() throws {
        if isCompleted { throw JobFinishedTwice() }
    }

    func complete() { state.withLock { $0.isCompleted = true } }
    func note(_ step: String, _ result: JSONValue) { state.withLock { $0.steps[step] = result } }
    func result(of step: String) -> JSONValue? { state.withLock { $0.steps[step] } }
    func meaning(of error: any Error) -> any Error { translate(error) }
}

/// A handler finished its job and then finished it again: a defect of the code.
public struct JobFinishedTwice: Error {}
