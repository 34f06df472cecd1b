/// When a child that ended is started again: at once the first three times, which is as often as a plugin may end it
/// before it is paused; then after 0.5 s, 1 s, 2 s, … up to half a minute. Who has run for a minute begins anew.
package struct RestartPolicy: Sendable {
    private static let promptRestarts = 3
    private static let first = 0.5
    private static let longest = 30.0
    /// Who has run for so long was well.
    private static let wellness: Duration = .seconds(60)

    private var failures = 0

    package init() {}

    /// How long to wait after a child that has run for `uptime`.
    package mutating func delay(after uptime: Duration) -> Duration {
        if uptime >= RestartPolicy.wellness { failures = 0 }
        defer { failures += 1 }
        guard failures >= RestartPolicy.promptRestarts else { return .zero }
        let doublings = min(failures - RestartPolicy.promptRestarts, 10)
        return .seconds(min(RestartPolicy.longest, RestartPolicy.first * Double(1 << doublings)))
    }
}
