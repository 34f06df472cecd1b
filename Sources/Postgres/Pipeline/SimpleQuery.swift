internal import Synchronization

/// A turn of PostgreSQL's simple query protocol, outside of pipeline mode, by the one holder of an exclusive
/// connection: a script of several statements, or COPY TO STDOUT.
///
/// The methods run on the reactor's thread; rows leave through `rows`.
final class SimpleQuery: Sendable {
    enum Progress {
        /// More must come from the server.
        case waiting
        /// The reader of the rows must take some first.
        case paused
        case finished
    }

    private struct State {
        var failure: DatabaseError?
        var isCopying = false
        var completion: CheckedContinuation<Void, any Error>?
    }

    private let text: String
    private let state = Mutex(State())
    private let rows: CopyRows?

    /// A script.
    init(_ text: String, completion: CheckedContinuation<Void, any Error>) {
        self.text = text
        rows = nil
        state.withLock { $0.completion = completion }
    }

    /// A COPY, whose end `rows` learns of.
    init(_ text: String, rows: CopyRows) {
        self.text = text
        self.rows = rows
    }

    func start(on connection: PQConnection) -> Bool {
        connection.setPipelineMode(false) && connection.sendScript(text)
    }

    func advance(on connection: PQConnection) -> Progress {
        while true {
            if state.withLock({ $0.isCopying }) {
                guard rows?.hasRoom() ?? true else { return .paused }
                switch connection.nextCopyData() {
                case .row(let bytes):
                    rows?.add(bytes)
                    continue
                case .blocked: return .waiting
                case .finished, .failed: state.withLock { $0.isCopying = false }
                }
            }
            guard !connection.isBusy else { return .waiting }
            guard let result = connection.nextResult() else {
                _ = connection.setPipelineMode(true)
                finish()
                return .finished
            }
            switch result.kind {
            case .failed: state.withLock { $0.failure = $0.failure ?? result.error }
            case .copyOut: state.withLock { $0.isCopying = true }
            case .copyIn:
                let error = DatabaseError(.statementRefused, message: "there is no data for COPY FROM STDIN")
                state.withLock { $0.failure = $0.failure ?? error }
                connection.refuseCopyData()
            default: break
            }
        }
    }

    func fail(_ error: DatabaseError) {
        state.withLock { $0.failure = $0.failure ?? error }
        finish()
    }

    private func finish() {
        let (completion, failure) = state.withLock { state in
            defer { state.completion = nil }
            return (state.completion, state.failure)
        }
        if let failure { completion?.resume(throwing: failure) } else { completion?.resume() }
        rows?.finish(failure)
    }
}
