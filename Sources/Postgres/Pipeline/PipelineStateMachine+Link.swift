/// The connection comes and goes.
extension PipelineStateMachine {
    /// The connection is there.
    mutating func connected() -> [Action] {
        guard link != .closed else { return [.close] }
        link = .connected
        heard()
        return sendNext()
    }

    /// No connection could be made; whoever waits hears so.
    mutating func connectFailed(_ error: DatabaseError) -> [Action] {
        link = .disconnected
        return failEverything(error)
    }

    /// The connection broke. What only reads starts over on the next one; what may have written is answered as lost.
    mutating func lost(_ error: DatabaseError) -> [Action] {
        guard link != .closed else { return [] }
        link = .disconnected
        var actions: [Action] = []
        var again: [Entry] = []
        for entry in takeInFlight() where !entry.isAbandoned {
            if entry.isReplayable, !entry.wasResent, sharing == .shared {
                again.append(Entry(id: entry.id, isReplayable: true, deadline: entry.deadline, wasResent: true))
            } else {
                actions.append(.complete(entry.id, .failure(error)))
            }
        }
        waiting.insert(contentsOf: again, at: 0)
        guard !waiting.isEmpty else { return actions }
        guard sharing == .shared else { return actions + failEverything(error) }
        link = .connecting
        return actions + [.connect]
    }

    /// The connection is closed on purpose and for good: nothing starts over.
    mutating func closed(_ error: DatabaseError) -> [Action] {
        link = .closed
        let failed = takeInFlight().filter { !$0.isAbandoned }.map { Action.complete($0.id, .failure(error)) }
        return [.close] + failed + failEverything(error)
    }

    /// Closes a connection that nobody uses.
    mutating func closeIfIdle() -> [Action] {
        guard isIdle, link == .connected else { return [] }
        link = .disconnected
        return [.close]
    }
}
