package import Observability

/// Counts what a worker's attempts came to.
package struct JobMeter: Sendable {
    package let succeeded = Counter()
    package let failed = Counter()
    package let refused = Counter()
    package let leasesLost = Counter()
    /// How long attempts took.
    package let durations = Histogram()

    package init() {}

    func count(_ outcome: JobOutcome, _ taken: Duration) {
        durations.observe(UInt64(max(0, taken / .nanoseconds(1))))
        switch outcome {
        case .succeeded: succeeded.add()
        case .failed: failed.add()
        case .refused: refused.add()
        case .leaseLost: leasesLost.add()
        }
    }
}
