import TestKit
import Testing

@testable import Postgres

extension LeasePoolStateMachineTests {
    @Test(
        "the budget and its shares hold, and no connection is lent to two or to another role", arguments: UInt64(1)...8)
    func budgetHolds(seed: UInt64) {
        var world = RandomLeases(seed: seed)
        for _ in 0..<5000 { world.step() }
        #expect(world.mistakes == [])
        #expect(world.grants > 300)
    }
}

/// A pool with callers that come and go and connections that fail.
private struct RandomLeases {
    private static let budget = 8

    private var machine = LeasePoolStateMachine<String, String>(budget: budget, capacity: 10)
    private var generator: SeededGenerator
    private var now: UInt64 = 0
    private var lastID: UInt64 = 0
    private var opening: [UInt64: String] = [:]
    private var roles: [UInt64: String] = [:]
    /// For whom it was; empty for the kernel.
    private var owners: [UInt64: String] = [:]
    private var holders: [String: UInt64] = [:]
    private var existing: Set<String> = []
    private(set) var grants = 0
    private(set) var mistakes: [String] = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func step() {
        now += 1
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...3:
            lastID += 1
            let role = ["a", "b", "c"].randomElement(using: &generator) ?? "a"
            let owner = ["", "x", "y", "y", "z", "z"].randomElement(using: &generator) ?? ""
            (roles[lastID], owners[lastID]) = (role, owner)
            perform(
                machine.acquire(lastID, role: role, for: owner.isEmpty ? nil : owner, deadline: now + 50))
        case 4, 5:
            guard let (id, role) = opening.min(by: { $0.key < $1.key }) else { return }
            opening[id] = nil
            if Int.random(in: 0..<5, using: &generator) == 0 {
                return perform(machine.openFailed(id, DatabaseError(.connectionFailed)))
            }
            existing.insert("\(role)\(id)")
            perform(machine.opened(id, "\(role)\(id)"))
        case 6, 7:
            guard let (connection, id) = holders.min(by: { $0.key < $1.key }) else { return }
            holders[connection] = nil
            let isHealthy = Int.random(in: 0..<4, using: &generator) > 0
            let owner = owners[id].flatMap { $0.isEmpty ? nil : $0 }
            perform(
                machine.released(
                    connection, role: String(connection.prefix(1)), for: owner, isHealthy: isHealthy, now: now))
        case 8: perform(machine.abandon(.random(in: 0...lastID, using: &generator)))
        default: perform(machine.expire(now: now, idleSince: now > 40 ? now - 40 : 0))
        }
    }

    private mutating func perform(_ actions: [LeasePoolStateMachine<String, String>.Action]) {
        for action in actions {
            switch action {
            case .open(let id, let role): opening[id] = role
            case .grant(let id, let connection):
                grants += 1
                if holders[connection] != nil { mistakes.append("\(connection) is lent twice") }
                if roles[id] != String(connection.prefix(1)) { mistakes.append("\(connection) is of another role") }
                holders[connection] = id
            case .fail(let id, _): if roles.removeValue(forKey: id) == nil { mistakes.append("\(id) failed twice") }
            case .close(let connection):
                if existing.remove(connection) == nil { mistakes.append("\(connection) is closed twice") }
                if holders[connection] != nil { mistakes.append("\(connection) is closed while it is lent") }
            }
        }
        if existing.count + opening.count > Self.budget { mistakes.append("the budget is exceeded") }
        if existing.count + opening.count != machine.connectionCount { mistakes.append("the count is wrong") }
        let busy = (Array(holders.values) + Array(opening.keys)).compactMap { owners[$0] }.filter { !$0.isEmpty }
        if busy.count > 6 { mistakes.append("nothing is kept for the kernel") }
        if Set(busy).contains(where: { owner in busy.count { $0 == owner } > 2 }) {
            mistakes.append("an owner has more than its share")
        }
    }
}
