/// How durations are spread over fixed buckets.
///
/// An observation is two atomic additions. A reader may see one of them without the other; the buckets alone make
/// the count, so that the last bucket and the count always agree.
package final class Histogram: Sendable {
    /// The upper bounds of the buckets, in nanoseconds, from 1 ms to 10 s; what is longer falls into one more bucket.
    package static let bounds: [UInt64] = [
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000,
        1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    private let buckets: [Counter]
    private let total = Counter()

    /// Creates a histogram without observations.
    package init() {
        buckets = (0...Histogram.bounds.count).map { _ in Counter() }
    }

    /// The sum of all observations, in nanoseconds.
    package var sum: UInt64 { total.value }

    /// How many observations lie within each bound or below it; the last number is that of all.
    package var cumulativeCounts: [UInt64] {
        var count: UInt64 = 0
        return buckets.map { bucket in
            count += bucket.value
            return count
        }
    }

    /// Adds one duration, in nanoseconds.
    package func observe(_ nanoseconds: UInt64) {
        var index = 0
        while index < Histogram.bounds.count, nanoseconds > Histogram.bounds[index] { index += 1 }
        buckets[index].add()
        total.add(nanoseconds)
    }
}
