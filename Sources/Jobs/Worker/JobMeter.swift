package import Observability
internal import Synchronization

/// Counts what a worker's attempts came to.
package final class JobMeter: Sendable {
    package let succeeded = Counter()
    package let failed = Counter()
    package let refused = Counter()
    package let leasesLost = Counter()
    /// How long attempts took.
    package let durations = Histogram()

    private let noted = Mutex<[String: Sum]>([:])

    /// What attempts of one outcome came to.
    package struct Sum: Hashable, Sendable {
        package var attempts: Int64 = 0
        package var busy: Duration = .zero
    }

    package init() {}

    /// What was counted since the last time, by the outcome's word; counted here as noted.
    package func take() -> [String: Sum] {
        noted.withLock { noted in
            defer { noted = [:] }
            return noted
        }
    }

    /// Counts what could not be noted once more.
    package func giveBack(_ sums: [String: Sum]) {
        noted.withLock { noted in
            for (outcome, sum) in sums {
                noted[outcome, default: Sum()].attempts += sum.attempts
                noted[outcome, default: Sum()].busy += sum.busy
            }
        }
    }

    func count(_ outcome: JobOutcome, _ taken: Duration) {
        durations.observe(UInt64(max(0, taken / .nanoseconds(1))))
        let (counter, word) =
            switch outcome {
            case .succeeded: (succeeded, "succeeded")
            case .failed: (failed, "failed")
            case .refused: (refused, "refused")
            case .leaseLost: (leasesLost, "lease_lost")
            }
        counter.add()
        noted.withLock { noted in
            noted[word, default: Sum()].attempts += 1
            noted[word, default: Sum()].busy += taken
        }
    }
}
