internal import PluginKit

/// Which names are asked for, which wait for their turn, and who waits for the answers: the state of `NameLookUp`
/// without its threads and its clock.
///
/// A name has one question, whoever asks for it. A question waits until somebody who asks it has a turn free, is then
/// under way at that one's charge, and is gone when it ends; one that nobody waits for any more is never begun.
struct LookUpState<Waiter: Sendable>: Sendable {
    /// What is to be done for who has joined.
    enum Turn: Sendable {
        /// The question is to be begun.
        case begin
        case wait
        /// The owner asks too much at a time.
        case refused
    }

    /// What a question that ends leaves to be done.
    struct End: Sendable {
        /// Who is to be told.
        let waiters: [Waiter]
        /// Whose question is to be begun instead.
        let next: String?
    }

    private struct Question: Sendable {
        enum Phase: Sendable {
            case waiting(askers: Set<TenantID>)
            /// At whose charge; nil for the kernel's.
            case underWay(TenantID?)
        }

        var phase: Phase
        var waiters: [Waiter] = []
        /// When the last one waits no more.
        var deadline: ContinuousClock.Instant

        func isAsked(by owner: TenantID) -> Bool {
            if case .waiting(let askers) = phase { askers.contains(owner) } else { false }
        }

        var isUnderWay: Bool {
            if case .underWay = phase { true } else { false }
        }
    }

    /// How many names of one owner are under way at a time.
    private let maximumUnderWay: Int
    /// How many more wait.
    private let maximumWaiting: Int
    private var questions: [String: Question] = [:]
    /// The names that wait, in the order they came.
    private var queue: [String] = []
    private var underWay: [TenantID: Int] = [:]

    init(maximumUnderWay: Int, maximumWaiting: Int) {
        self.maximumUnderWay = maximumUnderWay
        self.maximumWaiting = maximumWaiting
    }

    /// Waits for a name, with whoever waits for it already.
    ///
    /// - Parameter owner: whose turns it takes; nil for the kernel, which has as many as it wants.
    mutating func join(
        _ host: String, _ waiter: Waiter, of owner: TenantID?, until deadline: ContinuousClock.Instant,
        at now: ContinuousClock.Instant
    ) -> Turn {
        dropLate(at: now)
        let turn = turn(host, owner)
        if turn == .refused { return turn }
        var question = questions[host] ?? Question(phase: .waiting(askers: []), deadline: deadline)
        question.waiters.append(waiter)
        question.deadline = max(question.deadline, deadline)
        if turn == .wait, let owner, case .waiting(let askers) = question.phase {
            question.phase = .waiting(askers: askers.union([owner]))
            if !queue.contains(host) { queue.append(host) }
        }
        questions[host] = question
        if turn == .begin { take(host, for: owner) }
        return turn
    }

    /// Ends a question that nobody waits for any more; nil while somebody does.
    mutating func endUnwanted(_ host: String, at now: ContinuousClock.Instant) -> End? {
        if let question = questions[host], now < question.deadline { return nil }
        return end(host, at: now)
    }

    /// Ends a question that was under way, and takes the next of the same owner.
    mutating func end(_ host: String, at now: ContinuousClock.Instant) -> End {
        guard let question = questions.removeValue(forKey: host) else { return End(waiters: [], next: nil) }
        guard case .underWay(let owner?) = question.phase else { return End(waiters: question.waiters, next: nil) }
        let left = (underWay[owner] ?? 1) - 1
        underWay[owner] = left > 0 ? left : nil
        dropLate(at: now)
        let next = queue.first { questions[$0]?.isAsked(by: owner) == true }
        if let next { take(next, for: owner) }
        return End(waiters: question.waiters, next: next)
    }

    private func turn(_ host: String, _ owner: TenantID?) -> Turn {
        let question = questions[host]
        if question?.isUnderWay == true { return .wait }
        guard let owner, underWay[owner] ?? 0 >= maximumUnderWay else { return .begin }
        if question?.isAsked(by: owner) == true { return .wait }
        let waiting = queue.count { questions[$0]?.isAsked(by: owner) == true }
        return waiting < maximumWaiting ? .wait : .refused
    }

    private mutating func take(_ host: String, for owner: TenantID?) {
        queue.removeAll { $0 == host }
        questions[host]?.phase = .underWay(owner)
        if let owner { underWay[owner, default: 0] += 1 }
    }

    /// Forgets what waited in vain; who asked it has gone at the same deadline.
    private mutating func dropLate(at now: ContinuousClock.Instant) {
        let late = queue.filter { host in questions[host].map { $0.deadline <= now } ?? true }
        for host in late { questions[host] = nil }
        queue.removeAll { late.contains($0) }
    }
}
