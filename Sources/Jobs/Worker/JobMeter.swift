internal import Synchronization

/// Counts what a worker's attempts came to, until it is written down.
package final class JobMeter: Sendable {
    /// What attempts of one outcome came to.
    package struct Sum: Hashable, Sendable {
        package var attempts: Int64 = 0
        package var busy: Duration = .zero
    }

    private let sums = Mutex<[String: Sum]>([:])

    package init() {}

    /// What was counted since the last time, by the outcome's word; from here on it is the caller's to write down.
    package func take() -> [String: Sum] {
        sums.withLock { sums in
            defer { sums = [:] }
            return sums
        }
    }

    /// Takes back what could not be written down.
    package func giveBack(_ taken: [String: Sum]) {
        for (word, sum) in taken { add(word, sum) }
    }

    func count(_ outcome: JobOutcome, _ taken: Duration) {
        let word =
            switch outcome {
            case .succeeded: "succeeded"
            case .failed, .heldUp: "failed"
            case .refused: "refused"
            case .leaseLost: "lease_lost"
            }
        add(word, Sum(attempts: 1, busy: taken))
    }

    private func add(_ word: String, _ sum: Sum) {
        sums.withLock { sums in
            sums[word, default: Sum()].attempts += sum.attempts
            sums[word, default: Sum()].busy += sum.busy
        }
    }
}
