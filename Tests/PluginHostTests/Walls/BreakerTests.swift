import Testing

@testable import PluginHost

@Suite("Breaker")
struct BreakerTests {
    private static let start = ContinuousClock.now
    private static let policy = Breaker.Policy(failures: 3, window: .seconds(10), pause: .seconds(5))

    private func breaker(after outcomes: [Bool], each interval: Duration = .zero) -> Breaker {
        var breaker = Breaker(policy: Self.policy, at: Self.start)
        for (index, isFailure) in outcomes.enumerated() {
            breaker.record(isFailure: isFailure, at: Self.start + interval * index)
        }
        return breaker
    }

    @Test("It opens at so many failures, when they are at least half of all")
    func opens() {
        #expect(!breaker(after: [true, true]).isOpen)
        #expect(breaker(after: [true, true, true]).isOpen)
        #expect(breaker(after: [false, true, false, true, true]).isOpen)
        #expect(!breaker(after: [false, false, false, false, true, true, true]).isOpen)
    }

    @Test("Failures far apart do not add up")
    func windows() {
        #expect(!breaker(after: [true, true, true, true], each: .seconds(11)).isOpen)
    }

    @Test("Open, it lets nothing pass until the pause is over, and then one try at a time")
    func probes() {
        var breaker = breaker(after: [true, true, true])
        // The last is let in because a try may never be heard of again.
        let admissions = [4.9, 5, 5, 9.9, 10].map { breaker.admits(at: Self.start + .seconds($0)) }
        #expect(admissions == [false, true, false, false, true])
    }

    @Test("A try that succeeds closes it, one that fails opens it anew", arguments: [true, false])
    func tries(isFailure: Bool) {
        var breaker = breaker(after: [true, true, true])
        let later = Self.start + .seconds(6)
        let isTried = breaker.admits(at: later)
        #expect(isTried)
        breaker.record(isFailure: isFailure, at: later)
        #expect(breaker.isOpen == isFailure)
        let isAdmitted = breaker.admits(at: later + .seconds(1))
        #expect(isAdmitted == !isFailure)
    }
}
