/// Which of several children that can do the same work does it, and which one stands by to take it over.
///
/// A pure value; ``StandbySupervisor`` does what it says. One child serves; the next has prepared itself and takes over
/// the moment the first ends or says that it leaves, so that nobody waits for a start.
struct StandbyStateMachine: Sendable {
    /// The children's numbers, in the order in which they were wanted.
    typealias Child = Int

    /// What happens.
    enum Event: Hashable, Sendable {
        /// The time to start a child has come.
        case due(Child)
        /// A child could serve now.
        case prepared(Child)
        /// A child whose turn it is does serve.
        case served(Child)
        /// A child takes no more work, and ends when it has done what it began.
        case left(Child, uptime: Duration)
        /// A child has had all the time that a start may take.
        case late(Child)
        /// A child has ended, or could not be started.
        case ended(Child, ProcessExit, uptime: Duration)
        /// Somebody wants a child that is started from now on to take over.
        case handOver
        /// All children are to end.
        case stop
    }

    /// What is to be done.
    enum Action: Hashable, Sendable {
        /// Say when it is due.
        case wait(Child, Duration)
        case start(Child)
        /// Tell it that it is its turn.
        case promote(Child)
        /// Ask it to end in order.
        case end(Child)
        /// End it at once.
        case kill(Child)
        /// No child has been of any use; the last ended so.
        case giveUp(ProcessExit)
    }

    /// How far the child that stands by is.
    private enum Readiness {
        /// It is to be started. Can transition to: starting.
        case due
        /// Can transition to: prepared.
        case starting
        case prepared
    }

    /// How often a child may end before the first has served: as often as a plugin may end it before it is paused.
    private static let maximumFalseStarts = 3

    private var last: Child = 0
    private var serving: Child?
    private var standby: (child: Child, readiness: Readiness)?
    /// Those that have been asked to end, or said that they will.
    private var leaving: Set<Child> = []
    private var policy = RestartPolicy()
    private var falseStarts = 0
    private var hasServed = false
    private var isHandingOver = false
    private var isStopping = false

    /// Whether it was stopped and every child has ended.
    var isDone: Bool { isStopping && leaving.isEmpty }

    /// Whether the end of a child is expected.
    func isLeaving(_ child: Child) -> Bool { leaving.contains(child) }

    /// Starts the first child.
    mutating func begin() -> [Action] { prepareNext(after: .zero) }

    /// What follows from an event.
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .due(let child): due(child)
        case .prepared(let child): prepared(child)
        case .served(let child): served(child)
        case .left(let child, let uptime): left(child, uptime)
        case .late(let child): late(child)
        case .ended(let child, let exit, let uptime): ended(child, exit, uptime)
        case .handOver: handOver()
        case .stop: stop()
        }
    }

    private mutating func due(_ child: Child) -> [Action] {
        guard standby?.child == child, standby?.readiness == .due else { return [] }
        standby?.readiness = .starting
        return [.start(child)]
    }

    private mutating func prepared(_ child: Child) -> [Action] {
        guard standby?.child == child else { return [] }
        standby?.readiness = .prepared
        return serving == nil || isHandingOver ? takeOver(after: .zero) : []
    }

    private mutating func served(_ child: Child) -> [Action] {
        hasServed = hasServed || serving == child
        return []
    }

    private mutating func left(_ child: Child, _ uptime: Duration) -> [Action] {
        // One that has never served is followed when its end has told why.
        guard serving == child, hasServed else { return [] }
        leaving.insert(child)
        serving = nil
        return takeOver(after: policy.delay(after: uptime))
    }

    private func late(_ child: Child) -> [Action] {
        guard standby?.child == child, standby?.readiness == .starting else { return [] }
        return [.kill(child)]
    }

    private mutating func ended(_ child: Child, _ exit: ProcessExit, _ uptime: Duration) -> [Action] {
        guard leaving.remove(child) == nil else { return [] }
        if !hasServed, serving == nil || serving == child {
            falseStarts += 1
            // Who says by a status what is wrong would say the same again.
            if case .status = exit { return [.giveUp(exit)] }
            if falseStarts > StandbyStateMachine.maximumFalseStarts { return [.giveUp(exit)] }
        }
        if serving == child {
            serving = nil
            return takeOver(after: policy.delay(after: uptime))
        }
        guard standby?.child == child else { return [] }
        standby = nil
        return prepareNext(after: policy.delay(after: uptime))
    }

    private mutating func handOver() -> [Action] {
        guard !isStopping else { return [] }
        isHandingOver = serving != nil
        return dismissStandby() + prepareNext(after: .zero)
    }

    private mutating func stop() -> [Action] {
        isStopping = true
        var actions = dismissStandby()
        if let child = serving {
            serving = nil
            leaving.insert(child)
            actions.append(.end(child))
        }
        return actions
    }

    /// Lets the one that stands by serve, if it can, and has another one prepared.
    private mutating func takeOver(after delay: Duration) -> [Action] {
        guard let next = standby, next.readiness == .prepared else { return [] }
        var actions = [Action.promote(next.child)]
        if let old = serving {
            leaving.insert(old)
            actions.append(.end(old))
        }
        serving = next.child
        isHandingOver = false
        return actions + prepareNext(after: delay)
    }

    private mutating func prepareNext(after delay: Duration) -> [Action] {
        last += 1
        standby = (last, delay > .zero ? .due : .starting)
        return [delay > .zero ? .wait(last, delay) : .start(last)]
    }

    private mutating func dismissStandby() -> [Action] {
        defer { standby = nil }
        guard let (child, readiness) = standby, readiness != .due else { return [] }
        leaving.insert(child)
        return [.end(child)]
    }
}
