/// What the server says, in the order it was asked.
extension PipelineStateMachine {
    /// Something came from the server, if only a part of an answer.
    mutating func heard() { wasHeard = true }

    /// The next thing the server said.
    mutating func received(_ event: Event) -> [Action] {
        heard()
        guard flightCount > 0 else { return poison("an answer nobody asked for") }
        let step = inFlight[firstInFlight].steps[inFlight[firstInFlight].position]
        switch (event, step) {
        case (.rows(let rows, let tag), .execute):
            guard sharing == .exclusive || tag.isDataManipulation else {
                return poison("a statement answered \(tag.command)")
            }
            if !inFlight[firstInFlight].isAbandoned { inFlight[firstInFlight].rows.append(rows) }
            return []
        case (.rows(_, let tag), .prepare(let name)):
            return tag.command.isEmpty ? [.prepared(name)] : poison("a preparation answered \(tag.command)")
        case (.failed(let error), .execute(let name)):
            inFlight[firstInFlight].failure = inFlight[firstInFlight].failure ?? error
            guard let name, error.isStatementForgotten else { return [] }
            inFlight[firstInFlight].isForgotten = true
            return [.forget(name)]
        case (.failed(let error), .prepare(let name)):
            inFlight[firstInFlight].failure = inFlight[firstInFlight].failure ?? error
            return [.forget(name)]
        case (.aborted, .prepare(let name)): return [.forget(name)]
        case (.aborted, .execute): return []
        case (.endOfStatement, .prepare), (.endOfStatement, .execute):
            inFlight[firstInFlight].position += 1
            return []
        case (.sync(let status), .sync): return finishRequest(status)
        case (.failed(let error), .sync):
            // Only a connection that is ending fails a Sync.
            inFlight[firstInFlight].failure = error
            return []
        case (.endOfStatement, .sync): return []
        case (.copy, _): return poison("COPY has no place in a pipeline")
        default: return poison("the answers came out of order")
        }
    }

    private mutating func finishRequest(_ status: TransactionStatus) -> [Action] {
        if sharing == .shared, status == .inTransaction || status == .inError {
            return poison("a transaction outlived its request")
        }
        let entry = popInFlight()
        if entry.isForgotten, !entry.wasResent, !entry.isAbandoned {
            // It failed, so nothing of it took effect; it is prepared anew.
            waiting.insert(
                Entry(id: entry.id, isReplayable: entry.isReplayable, deadline: entry.deadline, wasResent: true), at: 0)
            return sendNext()
        }
        let completion: [Action] =
            entry.isAbandoned ? [] : [.complete(entry.id, entry.failure.map { .failure($0) } ?? .success(entry.rows))]
        return completion + sendNext()
    }

    /// Ends the connection and everything in flight: nothing that arrives on it can be trusted any more.
    private mutating func poison(_ reason: String) -> [Action] {
        let error = DatabaseError(.pipelinePoisoned, message: reason)
        let failed = takeInFlight().filter { !$0.isAbandoned }.map { Action.complete($0.id, .failure(error)) }
        return [.close] + failed + lost(error)
    }

    private mutating func popInFlight() -> Entry {
        let entry = inFlight[firstInFlight]
        firstInFlight += 1
        // Removing from the front one by one would move the rest each time.
        if firstInFlight >= 64 || firstInFlight == inFlight.count {
            inFlight.removeFirst(firstInFlight)
            firstInFlight = 0
        }
        return entry
    }
}
