import TestKit
import Testing

@testable import Postgres

extension PipelineStateMachineTests {
    @Test("whatever happens, each request is answered once, with its own rows or a failure", arguments: UInt64(1)...12)
    func everyRequestIsAnsweredOnce(seed: UInt64) {
        var world = RandomWorld(seed: seed)
        for _ in 0..<6000 { world.step() }
        world.settle()
        #expect(world.mistakes == [])
        #expect(world.answers.count == world.submitted)
        #expect(world.succeeded > 100)
    }
}

/// A machine with a server that answers what it was sent or falls silent, callers that come and go, and a connection
/// that breaks.
private struct RandomWorld {
    typealias Machine = PipelineStateMachine<UInt64>

    private var machine = Machine(sharing: .shared, window: 5, capacity: 40, patience: 30)
    private var generator: SeededGenerator
    /// What the server has yet to say: the answers to each request sent, in order.
    private var wire: [Machine.Event] = []
    private var now: UInt64 = 0
    private var isConnecting = false
    /// Whether the server says nothing more on this connection.
    private var isSilent = false
    private(set) var submitted = 0
    private(set) var succeeded = 0
    private(set) var answers: [UInt64: Int] = [:]
    private(set) var mistakes: [String] = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func step() {
        now += 1
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<35: submit()
        case 35..<80: hearServer()
        case 80..<90 where isConnecting: connect()
        case 90..<94:
            perform(
                machine.abandon(.random(in: UInt64(max(1, submitted - 20))...UInt64(submitted + 1), using: &generator)))
        case 94..<96: breakConnection()
        case 96..<98: perform(machine.expire(now: now))
        case 98: perform(machine.closeIfIdle())
        case 99: if Int.random(in: 0..<8, using: &generator) == 0 { isSilent = true }
        default: break
        }
    }

    /// Lets everything come to its end.
    mutating func settle() {
        isSilent = false
        while answers.count < submitted, mistakes.isEmpty {
            if isConnecting {
                connect()
            } else if wire.isEmpty {
                return mistakes.append("the server has nothing left to say")
            }
            hearServer()
        }
    }

    private mutating func submit() {
        submitted += 1
        let patience = UInt64.random(in: 5...500, using: &generator)
        perform(machine.submit(UInt64(submitted), isReplayable: .random(using: &generator), deadline: now + patience))
    }

    private mutating func connect() {
        isConnecting = false
        isSilent = false
        perform(
            Int.random(in: 0..<8, using: &generator) == 0
                ? machine.connectFailed(DatabaseError(.connectionFailed)) : machine.connected())
    }

    private mutating func hearServer() {
        guard machine.link == .connected, !isSilent, !wire.isEmpty else { return }
        perform(machine.received(wire.removeFirst()))
    }

    private mutating func breakConnection() {
        guard machine.link == .connected else { return }
        wire = []
        perform(machine.lost(DatabaseError(.connectionLost)))
    }

    private mutating func perform(_ actions: [Machine.Action]) {
        for action in actions {
            switch action {
            case .connect:
                if isConnecting { mistakes.append("connects twice") }
                isConnecting = true
            case .send(let id): send(id)
            case .close: wire = []
            case .prepared, .forget: break
            case .complete(let id, let outcome):
                answers[id, default: 0] += 1
                if answers[id] != 1 { mistakes.append("\(id) was answered twice") }
                guard case .success(let rows) = outcome else { continue }
                succeeded += 1
                if rows.isEmpty || rows.contains(where: { $0 != id }) { mistakes.append("\(id) got \(rows)") }
            }
        }
    }

    /// What the server will say to a request: one to three statements, now and then a failure or something poisonous.
    private mutating func send(_ id: UInt64) {
        let count = Int.random(in: 1...3, using: &generator)
        var steps: [Machine.Step] = []
        var hasFailed = false
        if Int.random(in: 0..<4, using: &generator) == 0 {
            steps.append(.prepare("p\(id)"))
            wire += [.rows(0, CommandTag("")), .endOfStatement]
        }
        for _ in 0..<count {
            steps.append(.execute("s"))
            switch Int.random(in: 0..<40, using: &generator) {
            case _ where hasFailed: wire.append(.aborted)
            case 0, 1:
                wire.append(
                    .failed(
                        DatabaseError(.statementFailed, sqlState: Bool.random(using: &generator) ? "26000" : "22012")))
                hasFailed = true
            case 2: wire.append(.rows(id, CommandTag("SET")))
            default: wire.append(.rows(id, CommandTag("SELECT 1")))
            }
            wire.append(.endOfStatement)
        }
        wire.append(.sync(.idle))
        machine.sent(id, steps + [.sync])
    }
}
