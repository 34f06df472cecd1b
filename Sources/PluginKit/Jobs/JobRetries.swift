/// How long a job waits after an attempt that did not succeed, before the next one. How many attempts it has stands in
/// `plugin.json`.
///
/// Each wait is a tenth more or less than it says, so that what failed together does not come back together.
public struct JobRetries: Hashable, Sendable {
    private enum Shape: Hashable {
        case fourthPower
        case fixed(Duration)
        case exponential(from: Duration, to: Duration, factor: Double)
    }

    /// The longest wait there is.
    public static let longest: Duration = .seconds(30 * 86_400)
    private static let jitter = 0.1

    private let shape: Shape

    /// 1 s, 16 s, 81 s, 256 s, …, at most a day: patient with what is down for long, and quick where it was an accident.
    public static let usual = JobRetries(shape: .fourthPower)

    /// The same wait each time.
    public static func fixed(_ pause: Duration) -> JobRetries { JobRetries(shape: .fixed(pause)) }

    /// The first wait, then each `factor` times as long as the one before, until it is the last one.
    ///
    /// ```swift
    /// Job("sample.send", takes: Letter.self, retries: .exponential(from: .seconds(5), to: .seconds(600))) { … }
    /// ```
    /// - Parameter factor: 1 or more.
    public static func exponential(from first: Duration, to last: Duration, factor: Double = 2) -> JobRetries {
        JobRetries(shape: .exponential(from: first, to: last, factor: max(1, factor)))
    }

    /// The wait after attempt number `attempt` (from 1).
    ///
    /// - Parameter random: between 0 and 1.
    @_spi(Kernel)
    public func delay(after attempt: Int, random: Double) -> Duration {
        let seconds = seconds(after: Double(max(1, attempt)))
        return JobRetries.bounded(
            .milliseconds(Int64(seconds * (1 - JobRetries.jitter + 2 * JobRetries.jitter * random) * 1000)))
    }

    /// A wait that is neither in the past nor beyond the longest.
    @_spi(Kernel)
    public static func bounded(_ wait: Duration) -> Duration { min(max(wait, .zero), longest) }

    private func seconds(after attempt: Double) -> Double {
        switch shape {
        case .fourthPower: return min(86_400, attempt * attempt * attempt * attempt)
        case .fixed(let pause): return JobRetries.bounded(pause) / .seconds(1)
        case .exponential(let first, let last, let factor):
            var wait = JobRetries.bounded(first) / .seconds(1)
            let most = JobRetries.bounded(last) / .seconds(1)
            for _ in 0..<(Int(attempt) - 1) where wait < most { wait *= factor }
            return min(wait, most)
        }
    }
}
