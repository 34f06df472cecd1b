import TestKit
import Testing

@testable import Supervision

@Suite("Standby: who serves and who stands by")
struct StandbyStateMachineTests {
    private typealias Machine = StandbyStateMachine

    /// With child 1 serving and child 2 standing by.
    private static func serving() -> StandbyStateMachine {
        var machine = Machine()
        _ = machine.begin()
        _ = machine.handle(.prepared(1))
        _ = machine.handle(.served(1))
        _ = machine.handle(.prepared(2))
        return machine
    }

    @Test("The first child serves when it is prepared, and only then a second one is started")
    func first() {
        var machine = Machine()
        #expect(machine.begin() == [.start(1)])
        #expect(machine.handle(.prepared(1)) == [.promote(1), .start(2)])
        #expect(machine.handle(.prepared(2)) == [])
    }

    @Test("The one that stands by takes over the moment the other ends, and is replaced")
    func takeOver() {
        var machine = Self.serving()
        let ended = machine.handle(.ended(1, .signal(5), uptime: .seconds(3)))
        #expect(ended == [.promote(2), .start(3)])
    }

    @Test("One that says it leaves is followed at once; its end then means nothing")
    func leaving() {
        var machine = Self.serving()
        #expect(machine.handle(.left(1, uptime: .seconds(3))) == [.promote(2), .start(3)])
        #expect(machine.isLeaving(1))
        #expect(machine.handle(.ended(1, .status(75), uptime: .seconds(3))) == [])
    }

    @Test("Where nobody is prepared yet, the next one serves as soon as it is")
    func late() {
        var machine = Machine()
        _ = machine.begin()
        _ = machine.handle(.prepared(1))
        _ = machine.handle(.served(1))
        #expect(machine.handle(.ended(1, .signal(5), uptime: .seconds(3))) == [])
        #expect(machine.handle(.prepared(2)) == [.promote(2), .start(3)])
    }

    @Test("A hand-over replaces who stands by, then who serves, who goes on until the new one is prepared")
    func handOver() {
        var machine = Self.serving()
        #expect(machine.handle(.handOver) == [.end(2), .start(3)])
        #expect(machine.handle(.ended(2, .status(0), uptime: .seconds(1))) == [])
        #expect(machine.handle(.prepared(3)) == [.promote(3), .end(1), .start(4)])
        #expect(machine.handle(.left(1, uptime: .seconds(9))) == [])
        #expect(machine.handle(.ended(1, .status(0), uptime: .seconds(9))) == [])
    }

    @Test("A hand-over while nobody serves has the next one started anew, which may have the old plugins by now")
    func earlyHandOver() {
        var machine = Machine()
        _ = machine.begin()
        #expect(machine.handle(.handOver) == [.end(1), .start(2)])
        #expect(machine.handle(.prepared(2)) == [.promote(2), .start(3)])
        #expect(machine.handle(.prepared(3)) == [])
    }

    @Test("One that leaves again and again is followed ever later")
    func leavingOften() {
        var machine = Self.serving()
        for child in 1...3 {
            #expect(
                machine.handle(.left(child, uptime: .seconds(1))) == [.promote(child + 1), .start(child + 2)])
            #expect(machine.handle(.prepared(child + 2)) == [])
        }
        #expect(machine.handle(.left(4, uptime: .seconds(1))) == [.promote(5), .wait(6, .seconds(0.5))])
    }

    @Test("A start that takes too long is ended, and one that is over is not")
    func slowStart() {
        var machine = Machine()
        _ = machine.begin()
        #expect(machine.handle(.late(1)) == [.kill(1)])
        _ = machine.handle(.prepared(1))
        #expect(machine.handle(.late(1)) == [])
    }

    @Test("A new version that cannot start does not take the place of the old one")
    func brokenHandOver() {
        var machine = Self.serving()
        _ = machine.handle(.handOver)
        #expect(machine.handle(.ended(3, .signal(5), uptime: .zero)) == [.start(4)])
        #expect(machine.handle(.ended(4, .signal(5), uptime: .zero)) == [.start(5)])
        #expect(machine.handle(.ended(5, .signal(5), uptime: .zero)) == [.start(6)])
        #expect(machine.handle(.ended(6, .signal(5), uptime: .zero)) == [.wait(7, .seconds(0.5))])
        #expect(machine.handle(.due(7)) == [.start(7)])
        #expect(machine.handle(.prepared(7)) == [.promote(7), .end(1), .start(8)])
    }

    @Test("Who is to be started later is started once, unless it is not wanted any more")
    func due() {
        var machine = Self.serving()
        for child in 2...5 { _ = machine.handle(.ended(child, .signal(5), uptime: .zero)) }
        #expect(machine.handle(.handOver) == [.start(7)])
        #expect(machine.handle(.due(6)) == [])
        #expect(machine.handle(.due(7)) == [])
    }

    @Test(
        "A first child that says by its status what is wrong ends all; one that a signal ends is tried three times more"
    )
    func falseStarts() {
        var machine = Machine()
        _ = machine.begin()
        #expect(machine.handle(.ended(1, .status(1), uptime: .zero)) == [.giveUp(.status(1))])

        machine = Machine()
        _ = machine.begin()
        for child in 1...3 {
            #expect(machine.handle(.ended(child, .signal(5), uptime: .zero)) == [.start(child + 1)])
        }
        #expect(machine.handle(.ended(4, .signal(5), uptime: .zero)) == [.giveUp(.signal(5))])
    }

    @Test("So does one that has its turn and fails before it serves")
    func neverServed() {
        var machine = Machine()
        _ = machine.begin()
        _ = machine.handle(.prepared(1))
        _ = machine.handle(.left(1, uptime: .zero))
        #expect(machine.handle(.ended(1, .status(1), uptime: .zero)) == [.giveUp(.status(1))])
    }

    @Test("A stop ends every child and starts none; it is done when the last has ended")
    func stop() {
        var machine = Self.serving()
        #expect(machine.handle(.left(1, uptime: .seconds(3))) == [.promote(2), .start(3)])
        #expect(machine.handle(.stop) == [.end(3), .end(2)])
        for child in 1...3 {
            #expect(!machine.isDone)
            #expect(machine.handle(.prepared(child)) == [])
            #expect(machine.handle(.ended(child, .status(0), uptime: .seconds(1))) == [])
        }
        #expect(machine.isDone)
    }

    @Test(
        "Whatever happens, at most one serves who is not leaving, and everybody who was started can end",
        arguments: 0..<200)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        // Else the end of a first one may end all, and then nothing is left to be stopped.
        let hasServed = seed % 2 == 0
        var machine = hasServed ? Self.serving() : Machine()
        var (running, promoted): (Set<Int>, Set<Int>) = hasServed ? ([1, 2], [1]) : ([], [])
        var actions = hasServed ? [] : machine.begin()
        for step in 0..<300 {
            for action in actions {
                switch action {
                case .start(let child): #expect(running.insert(child).inserted)
                case .promote(let child): #expect(running.contains(child) && promoted.insert(child).inserted)
                case .end(let child), .kill(let child): #expect(running.contains(child))
                case .wait: break
                case .giveUp:
                    if hasServed { Issue.record("gave up though one had served") }
                    return
                }
            }
            #expect(promoted.intersection(running).count { !machine.isLeaving($0) } <= 1)
            let child = running.sorted().randomElement(using: &generator) ?? 1
            let events: [StandbyStateMachine.Event] = [
                .prepared(child), .prepared(child), .served(child), .left(child, uptime: .seconds(step)),
                .due(step % 40), .late(child), .handOver,
                .ended(child, .signal(5), uptime: .seconds(step)),
            ]
            let event = step == 250 ? .stop : events.randomElement(using: &generator) ?? .handOver
            if case .ended(let child, _, _) = event, running.remove(child) == nil { continue }
            actions = machine.handle(event)
        }
        for child in running { _ = machine.handle(.ended(child, .status(0), uptime: .zero)) }
        #expect(machine.isDone)
    }
}
