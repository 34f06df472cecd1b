/// How long a job waits after an attempt that did not succeed: 1 s, 16 s, 81 s, 256 s, …, at most a day, each a little
/// more or less, so that what failed together does not come back together.
package enum Backoff {
    private static let longest = 86_400.0
    private static let jitter = 0.1

    /// The wait after attempt number `attempt` (from 1).
    ///
    /// - Parameter random: between 0 and 1.
    package static func delay(after attempt: Int, random: Double) -> Duration {
        let base = min(longest, Double(attempt) * Double(attempt) * Double(attempt) * Double(attempt))
        return .milliseconds(Int64(base * (1 - jitter + 2 * jitter * random) * 1000))
    }
}
