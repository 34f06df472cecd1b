import TestKit
import Testing

@testable import Postgres

@Suite("Lease pool state machine")
struct LeasePoolStateMachineTests {
    typealias Machine = LeasePoolStateMachine<String, String>

    /// An action as words: `open 1 a`, `grant 1 c1`, `fail 1 overloaded`, `close c1`.
    static func words(_ actions: [Machine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .open(let id, let role): "open \(id) \(role)"
            case .grant(let id, let connection): "grant \(id) \(connection)"
            case .fail(let id, let error): "fail \(id) \(error)"
            case .close(let connection): "close \(connection)"
            }
        }
    }

    /// A course of events for the machine, and what it must do on each.
    struct Scenario: CustomTestStringConvertible, Sendable {
        enum Event: Sendable {
            case acquire(UInt64, String, for: String? = nil, deadline: UInt64 = .max)
            case opened(UInt64, String)
            case openFailed(UInt64)
            case released(String, String, for: String? = nil, isHealthy: Bool = true, now: UInt64 = 0)
            case abandon(UInt64)
            case expire(UInt64, idleSince: UInt64 = 0)
            case drain
        }

        struct Move: Sendable {
            let event: Event
            let actions: [String]

            static func on(_ event: Event, _ actions: String...) -> Move {
                Move(event: event, actions: actions)
            }
        }

        let testDescription: String
        let budget: Int
        let capacity: Int
        let moves: [Move]
        /// How many connections there are in the end.
        let connections: Int

        init(_ name: String, budget: Int = 2, capacity: Int = 8, connections: Int, _ moves: Move...) {
            testDescription = name
            self.budget = budget
            self.capacity = capacity
            self.connections = connections
            self.moves = moves
        }

        func play(sourceLocation: SourceLocation = #_sourceLocation) {
            var machine = Machine(budget: budget, capacity: capacity) { !$0.hasPrefix("dead") }
            for (number, move) in moves.enumerated() {
                let actions: [Machine.Action] =
                    switch move.event {
                    case .acquire(let id, let role, let owner, let deadline):
                        machine.acquire(id, role: role, for: owner, deadline: deadline)
                    case .opened(let id, let connection): machine.opened(id, connection)
                    case .openFailed(let id): machine.openFailed(id, DatabaseError(.connectionFailed))
                    case .released(let connection, let role, let owner, let isHealthy, let now):
                        machine.released(connection, role: role, for: owner, isHealthy: isHealthy, now: now)
                    case .abandon(let id): machine.abandon(id)
                    case .expire(let now, let idleSince): machine.expire(now: now, idleSince: idleSince)
                    case .drain: machine.drain()
                    }
                #expect(
                    words(actions) == move.actions, "move \(number + 1), \(move.event)", sourceLocation: sourceLocation)
            }
            #expect(machine.connectionCount == connections, sourceLocation: sourceLocation)
        }
    }

    @Test(
        "leases",
        arguments: [
            Scenario(
                "a connection is opened when none is idle, and used again by the same role", connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.opened(1, "c1"), "grant 1 c1"), .on(.released("c1", "a")),
                .on(.acquire(2, "a"), "grant 2 c1")),
            Scenario(
                "of several idle ones the one used last is lent", connections: 2,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a"), "open 2 a"),
                .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.opened(2, "c2"), "grant 2 c2"), .on(.released("c1", "a")), .on(.released("c2", "a")),
                .on(.acquire(3, "a"), "grant 3 c2"),
                .on(.acquire(4, "a"), "grant 4 c1")),
            Scenario(
                "beyond the budget requests wait, first come first served", budget: 1, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a")), .on(.acquire(3, "a")),
                .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.released("c1", "a"), "grant 2 c1"), .on(.released("c1", "a"), "grant 3 c1")),
            Scenario(
                "a connection of another role makes room when the budget is spent", budget: 1, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.opened(1, "c1"), "grant 1 c1"), .on(.released("c1", "a")),
                .on(.acquire(2, "b"), "close c1", "open 2 b"), .on(.acquire(3, "a")),
                .on(.opened(2, "c2"), "grant 2 c2"),
                .on(.released("c2", "b"), "close c2", "open 3 a")),
            Scenario(
                "as long as the budget lasts it stays", connections: 2,
                .on(.acquire(1, "a"), "open 1 a"), .on(.opened(1, "c1"), "grant 1 c1"), .on(.released("c1", "a")),
                .on(.acquire(2, "b"), "open 2 b")),
            Scenario(
                "a connection that died while idle is not lent, and takes no place", budget: 1, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.opened(1, "dead1"), "grant 1 dead1"),
                .on(.released("dead1", "a")),
                .on(.acquire(2, "a"), "open 2 a")),
            Scenario(
                "a connection that is not healthy is closed and leaves room for the next", budget: 1, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a")), .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.released("c1", "a", isHealthy: false), "close c1", "open 2 a")),
            Scenario(
                "a connection that cannot be made leaves room for the next", budget: 1, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a")),
                .on(.openFailed(1), "fail 1 connection_failed", "open 2 a")),
        ])
    func leases(_ scenario: Scenario) { scenario.play() }

    @Test(
        "waiting",
        arguments: [
            Scenario(
                "who waits too long hears that there are too many", budget: 1, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a", deadline: 10)),
                .on(.acquire(3, "a", deadline: 20)), .on(.expire(9)),
                .on(.expire(10), "fail 2 overloaded"), .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.released("c1", "a"), "grant 3 c1")),
            Scenario(
                "who goes away loses the place in the queue", budget: 1, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a")), .on(.acquire(3, "a")),
                .on(.abandon(2), "fail 2 timeout"),
                .on(.abandon(2)), .on(.opened(1, "c1"), "grant 1 c1"), .on(.released("c1", "a"), "grant 3 c1")),
            Scenario(
                "going away while the connection is made comes too late", connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.abandon(1)), .on(.opened(1, "c1"), "grant 1 c1")),
            Scenario(
                "a full queue refuses at once", budget: 1, capacity: 2, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a")), .on(.acquire(3, "a")),
                .on(.acquire(4, "a"), "fail 4 overloaded")),
        ])
    func waiting(_ scenario: Scenario) { scenario.play() }

    @Test(
        "closing",
        arguments: [
            Scenario(
                "what nobody used for long is closed", connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a"), "open 2 a"),
                .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.opened(2, "c2"), "grant 2 c2"), .on(.released("c1", "a", now: 5)),
                .on(.released("c2", "a", now: 6)), .on(.expire(9, idleSince: 4)),
                .on(.expire(9, idleSince: 5), "close c1")),
            Scenario(
                "draining closes what is idle and leaves what is lent", connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a"), "open 2 a"),
                .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.opened(2, "c2"), "grant 2 c2"), .on(.released("c1", "a")), .on(.drain, "close c1"), .on(.drain)),
        ])
    func closing(_ scenario: Scenario) { scenario.play() }
}
