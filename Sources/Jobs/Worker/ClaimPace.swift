/// When a worker with free slots claims.
///
/// Half of the slots are filled at once rather than each as it becomes free, since a claim costs about the same for one
/// job as for many. Where most slots have long jobs, the others wait for a short while only.
package struct ClaimPace: Sendable {
    /// How long free slots may wait for others.
    package static let patience: Duration = .milliseconds(50)

    private let slots: Int
    private var last: ContinuousClock.Instant?

    /// - Parameter slots: how many jobs run at one time.
    package init(slots: Int) { self.slots = slots }

    /// How many jobs may be claimed now: as many as there is room for, or none while more room may come.
    ///
    /// - Parameter running: how many slots are taken.
    package mutating func room(running: Int, at now: ContinuousClock.Instant) -> Int {
        let room = slots - running
        guard room > 0 else { return 0 }
        let hasWaited = last.map { $0.duration(to: now) >= ClaimPace.patience } ?? true
        guard hasRoom(running: running) || room >= 16 || hasWaited else { return 0 }
        last = now
        return room
    }

    /// Whether half of the slots are free, so that nothing is to be waited for.
    package func hasRoom(running: Int) -> Bool { (slots - running) * 2 >= slots }
}
