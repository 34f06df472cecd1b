import Testing

@testable import Postgres

/// A course of events for the pipeline's state machine, and what it must do on each.
struct PipelineScenario: CustomTestStringConvertible, Sendable {
    typealias Machine = PipelineStateMachine<String>

    /// What happens, by the names of the machine's own methods.
    enum Event: Sendable {
        case submit(UInt64, reads: Bool = false, deadline: UInt64 = .max)
        case connected
        case connectFailed
        /// A part of an answer.
        case heard
        case rows(String, tag: String = "SELECT 1")
        case failed(String)
        case aborted
        case end
        case sync(TransactionStatus = .idle)
        case abandon(UInt64)
        case copy
        case lost
        case closed
        case expire(UInt64)
        case closeIfIdle
    }

    /// An event and the actions it must lead to, written as words: `send 1`, `complete 1 a,b`, `fail 1 timeout`.
    struct Move: Sendable {
        let event: Event
        let actions: [String]
    }

    let testDescription: String
    var sharing = Machine.Sharing.shared
    var window = 8
    var capacity = 16
    /// For how long the server may say nothing.
    private let patience: UInt64 = 5
    /// What a request sends when it is not one statement: by its id.
    var steps: [UInt64: [Machine.Step]] = [:]
    let moves: [Move]

    init(
        _ name: String, sharing: Machine.Sharing = .shared, window: Int = 8, capacity: Int = 16,
        steps: [UInt64: [Machine.Step]] = [:], _ moves: Move...
    ) {
        testDescription = name
        self.sharing = sharing
        self.window = window
        self.capacity = capacity
        self.steps = steps
        self.moves = moves
    }

    /// Plays the events and compares.
    func play(sourceLocation: SourceLocation = #_sourceLocation) {
        var machine = Machine(sharing: sharing, window: window, capacity: capacity, patience: patience)
        for (number, move) in moves.enumerated() {
            let actions = Self.feed(move.event, to: &machine)
            for case .send(let id) in actions { machine.sent(id, steps[id] ?? [.execute(nil), .sync]) }
            #expect(
                actions.map(Self.words) == move.actions, "move \(number + 1), \(move.event)",
                sourceLocation: sourceLocation)
        }
    }

    private static func feed(_ event: Event, to machine: inout Machine) -> [Machine.Action] {
        if case .heard = event { machine.heard() }
        return switch event {
        case .heard: []
        case .submit(let id, let reads, let deadline): machine.submit(id, isReplayable: reads, deadline: deadline)
        case .connected: machine.connected()
        case .connectFailed: machine.connectFailed(DatabaseError(.connectionFailed))
        case .rows(let rows, let tag): machine.received(.rows(rows, CommandTag(tag)))
        case .failed(let state): machine.received(.failed(DatabaseError(.statementFailed, sqlState: state)))
        case .aborted: machine.received(.aborted)
        case .end: machine.received(.endOfStatement)
        case .sync(let status): machine.received(.sync(status))
        case .abandon(let id): machine.abandon(id)
        case .copy: machine.received(.copy)
        case .closed: machine.closed(DatabaseError(.connectionLost))
        case .lost: machine.lost(DatabaseError(.connectionLost))
        case .expire(let now): machine.expire(now: now)
        case .closeIfIdle: machine.closeIfIdle()
        }
    }

    static func words(_ action: Machine.Action) -> String {
        switch action {
        case .connect: "connect"
        case .send(let id): "send \(id)"
        case .complete(let id, .success(let rows)): "complete \(id) \(rows.joined(separator: ","))"
        case .complete(let id, .failure(let error)): "fail \(id) \(error)"
        case .prepared(let name): "prepared \(name)"
        case .forget(let name): "forget \(name)"
        case .close: "close"
        }
    }
}

/// An event and the actions it must lead to.
func on(_ event: PipelineScenario.Event, _ actions: String...) -> PipelineScenario.Move {
    PipelineScenario.Move(event: event, actions: actions)
}
