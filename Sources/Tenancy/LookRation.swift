/// How often something is looked for from the beginning.
///
/// While somebody holds a snapshot, PostgreSQL keeps in its indices whatever was done since, and a look from the
/// beginning passes all of it. When such a look takes long, it is taken now and then only, and those between begin at a
/// horizon.
package struct LookRation: Sendable {
    /// What whole looks may take, of all time.
    private static let share = 0.05
    /// No longer does anybody wait for the next one.
    private static let longestPause: Duration = .milliseconds(1500)

    private let cheap: Duration
    private var nextWholeLook: ContinuousClock.Instant?

    /// - Parameter cheap: a whole look that takes no longer is taken each time.
    package init(cheap: Duration = .milliseconds(20)) {
        self.cheap = cheap
    }

    /// Whether a look may begin at the horizon.
    package func isQuick(at now: ContinuousClock.Instant) -> Bool {
        nextWholeLook.map { now < $0 } ?? false
    }

    /// A look from the beginning has been taken.
    ///
    /// - Returns: whether it was cheap, so that no horizon is needed.
    @discardableResult
    package mutating func lookedWhole(from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Bool {
        let time = begin.duration(to: end)
        guard time > cheap else {
            nextWholeLook = nil
            return true
        }
        nextWholeLook = end + min(time * (1 / LookRation.share - 1), LookRation.longestPause)
        return false
    }
}
