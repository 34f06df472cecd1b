@_spi(Kernel) import PluginKit
import Testing

@Suite("Job retries")
struct JobRetriesTests {
    struct Case: Sendable {
        let retries: JobRetries
        /// The waits after the first attempts, in seconds.
        let seconds: [Double]
    }

    private static let cases = [
        Case(retries: .usual, seconds: [1, 16, 81, 256, 625]),
        Case(retries: .fixed(.seconds(3)), seconds: [3, 3, 3]),
        Case(retries: .fixed(.seconds(-3)), seconds: [0, 0]),
        Case(retries: .exponential(from: .seconds(5), to: .seconds(60)), seconds: [5, 10, 20, 40, 60, 60]),
        Case(
            retries: .exponential(from: .milliseconds(500), to: .seconds(100), factor: 10),
            seconds: [0.5, 5, 50, 100, 100]),
        Case(retries: .exponential(from: .seconds(60), to: .seconds(5)), seconds: [5, 5]),
        Case(retries: .exponential(from: .seconds(5), to: .seconds(60), factor: 0.1), seconds: [5, 5, 5]),
        Case(retries: .fixed(.seconds(Int64.max / 4)), seconds: [2_592_000]),
    ]

    @Test("Each policy waits as it says, a tenth more or less", arguments: cases)
    func waits(of example: Case) {
        for (index, seconds) in example.seconds.enumerated() {
            let waits = [0, 0.5, 1].map { example.retries.delay(after: index + 1, random: $0) / .seconds(1) }
            for (wait, share) in zip(waits, [0.9, 1, 1.1]) {
                let wanted = min(seconds * share, 2_592_000)
                #expect(abs(wait - wanted) <= 0.002 + wanted * 1e-9, "\(index + 1): \(wait) instead of \(wanted)")
            }
        }
    }

    @Test("Late attempts wait neither longer than the longest nor for ever to be reckoned")
    func extremes() {
        for retries in [JobRetries.usual, .exponential(from: .seconds(1), to: .seconds(1 << 40))] {
            let wait = retries.delay(after: 100_000, random: 1)
            #expect(wait <= JobRetries.longest && wait > .seconds(86_400))
        }
    }
}
