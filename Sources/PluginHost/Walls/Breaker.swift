/// Stops asking what keeps failing (M. Nygard, Release It!, "Circuit Breaker"), as a pure value with the clock given.
struct Breaker: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What a breaker reacts to.
    struct Policy: Sendable {
        /// So many failures in a window open it, when they are at least half of what was asked.
        var failures = 20
        /// How long outcomes are counted together.
        var window: Duration = .seconds(10)
        /// How long it stays open before one request may try.
        var pause: Duration = .seconds(5)
    }

    private enum State {
        /// Everything passes. Can transition to: open.
        case closed(since: Instant, failures: Int, successes: Int)
        /// Nothing passes. Can transition to: probing.
        case open(until: Instant)
        /// One request tries, and no other passes before `until`. Can transition to: closed, open.
        case probing(until: Instant)
    }

    private let policy: Policy
    private var state: State

    init(policy: Policy = Policy(), at now: Instant) {
        self.policy = policy
        state = .closed(since: now, failures: 0, successes: 0)
    }

    /// Whether it lets nothing pass but a try.
    var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    /// Whether a request may pass now.
    mutating func admits(at now: Instant) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until), .probing(let until):
            guard now >= until else { return false }
            // A try that never ends must not keep it shut for ever.
            state = .probing(until: now.advanced(by: policy.pause))
            return true
        }
    }

    /// How a request that passed has ended.
    mutating func record(isFailure: Bool, at now: Instant) {
        switch state {
        case .closed(let since, let failures, let successes):
            let isOver = since.duration(to: now) >= policy.window
            let failed = (isOver ? 0 : failures) + (isFailure ? 1 : 0)
            let succeeded = (isOver ? 0 : successes) + (isFailure ? 0 : 1)
            state =
                failed >= policy.failures && failed >= succeeded
                ? .open(until: now.advanced(by: policy.pause))
                : .closed(since: isOver ? now : since, failures: failed, successes: succeeded)
        case .open: break
        case .probing:
            state =
                isFailure
                ? .open(until: now.advanced(by: policy.pause)) : .closed(since: now, failures: 0, successes: 0)
        }
    }
}
