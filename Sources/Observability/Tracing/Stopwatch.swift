internal import Foundation

/// Measures one piece of work: when it began by the calendar, how long it took by a clock that nobody sets.
package struct Stopwatch: Sendable {
    /// When it was started, in nanoseconds since 1970.
    package let start = Stopwatch.read(CLOCK_REALTIME)
    private let began = Stopwatch.read(CLOCK_MONOTONIC)

    /// Starts.
    package init() {}

    /// Nanoseconds since the start.
    package var elapsed: UInt64 { Stopwatch.read(CLOCK_MONOTONIC) - began }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
