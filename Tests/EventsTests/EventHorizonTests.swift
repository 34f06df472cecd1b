import Foundation
import PluginKit
import Testing

@testable import Events

@Suite("Event horizon")
struct EventHorizonTests {
    private static let begin = ContinuousClock.now

    private static func mark(_ number: Int) -> EventHorizon.Mark {
        .init(floor: UUID(high: UInt64(number), low: 0), transaction: Int64(number))
    }

    private static func outcome(
        _ numbered: Int = 0, isFull: Bool = false, passedOver: Bool = false, oldest: Int = 100
    ) -> EventHorizon.Outcome {
        .init(numbered: numbered, isFull: isFull, passedOver: passedOver, oldest: Int64(oldest))
    }

    /// Takes a look and says which it was.
    @discardableResult
    private static func look(
        _ horizon: inout EventHorizon, _ outcome: EventHorizon.Outcome = EventHorizonTests.outcome(),
        after: Duration = .zero, taking time: Duration = .zero
    ) -> EventHorizon.Look {
        let look = horizon.look(at: begin + after)
        horizon.looked(look, outcome, from: begin + after, to: begin + after + time)
        return look
    }

    @Test("a look begins at a mark as soon as all has ended and been numbered that began before it")
    func base() {
        var horizon = EventHorizon()
        horizon.note(Self.mark(10), at: Self.begin)
        horizon.note(Self.mark(20), at: Self.begin)
        let outcomes = [
            Self.outcome(oldest: 9), Self.outcome(2000, isFull: true), Self.outcome(passedOver: true), Self.outcome(3),
        ]
        var looks = outcomes.map { Self.look(&horizon, $0) }
        looks.append(Self.look(&horizon))
        horizon.note(Self.mark(30), at: Self.begin)
        looks.append(Self.look(&horizon, Self.outcome(oldest: 30)))
        looks.append(Self.look(&horizon))
        let (first, second) = (Self.mark(10).floor, Self.mark(30).floor)
        let expected: [EventHorizon.Look] = [
            .base(.first), .base(.first), .base(.first), .base(.first), .base(first), .base(first), .base(second),
        ]
        #expect(looks == expected)
    }

    @Test("after a look that took long those that follow begin at the mark before the last, for a while")
    func rationed() {
        var horizon = EventHorizon()
        for number in 1...3 { horizon.note(Self.mark(number * 10), at: Self.begin) }
        Self.look(&horizon, Self.outcome(oldest: 1), taking: .milliseconds(60))
        let quick = Self.look(&horizon, after: .milliseconds(1100))
        #expect(quick == .mark(Self.mark(20)))
        #expect(quick.floor == Self.mark(20).floor && quick.since == 20)
        // What it did not see says nothing of the base.
        let whole = Self.look(&horizon, after: .milliseconds(1300))
        #expect(whole == .base(.first))
    }

    @Test("a look that was given up counts as one that took long, and one that numbered all it could does not")
    func given() {
        var horizon = EventHorizon()
        horizon.note(Self.mark(10), at: Self.begin)
        Self.look(&horizon, Self.outcome(2000, isFull: true), taking: .milliseconds(400))
        let look = horizon.look(at: Self.begin + .milliseconds(400))
        #expect(look == .base(.first))
        horizon.gaveUp(look, from: Self.begin + .milliseconds(400), to: Self.begin + .milliseconds(900))
        let next = horizon.look(at: Self.begin + .milliseconds(901))
        #expect(next == .mark(Self.mark(10)))
    }

    @Test("a look from a mark that was given up lets later marks be set, though looks were behind")
    func givenMark() {
        var horizon = EventHorizon()
        horizon.note(Self.mark(10), at: Self.begin)
        Self.look(&horizon, Self.outcome(oldest: 1), taking: .milliseconds(60))
        let full = Self.look(&horizon, Self.outcome(2000, isFull: true), after: .milliseconds(400))
        #expect(full == .mark(Self.mark(10)))
        #expect(!horizon.needsMark(at: Self.begin + .milliseconds(450)))
        let look = horizon.look(at: Self.begin + .milliseconds(450))
        #expect(look == full)
        horizon.gaveUp(look, from: Self.begin + .milliseconds(450), to: Self.begin + .milliseconds(950))
        #expect(horizon.needsMark(at: Self.begin + .milliseconds(950)))
        for number in [20, 30] { horizon.note(Self.mark(number), at: Self.begin + .milliseconds(950)) }
        let next = horizon.look(at: Self.begin + .milliseconds(951))
        #expect(next == .mark(Self.mark(20)))
    }

    @Test("marks are set a quarter of a second apart, and none while looks are behind")
    func marks() {
        var horizon = EventHorizon()
        #expect(horizon.needsMark(at: Self.begin))
        horizon.note(Self.mark(10), at: Self.begin)
        #expect(!horizon.needsMark(at: Self.begin + .milliseconds(249)))
        #expect(horizon.needsMark(at: Self.begin + .milliseconds(250)))
        Self.look(&horizon, Self.outcome(2000, isFull: true))
        #expect(!horizon.needsMark(at: Self.begin + .milliseconds(250)))
        Self.look(&horizon)
        #expect(horizon.needsMark(at: Self.begin + .milliseconds(250)))
    }

    @Test("every half minute everything is looked at")
    func everything() {
        var horizon = EventHorizon()
        horizon.note(Self.mark(10), at: Self.begin)
        let looks = [0, 29, 30, 31].map { Self.look(&horizon, after: .seconds($0)) }
        let base = EventHorizon.Look.base(Self.mark(10).floor)
        let expected: [EventHorizon.Look] = [.base(.first), base, .beginning, base]
        #expect(looks == expected)
        #expect(looks[2].floor == .first && looks[2].since == nil)
    }
}
