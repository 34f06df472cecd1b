internal import Synchronization

/// A number that only grows. Adding is one atomic instruction and takes no lock.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    /// Creates a counter at zero.
    package init() {}

    /// The number so far.
    package var value: UInt64 { count.load(ordering: .relaxed) }

    /// Adds to the number.
    package func add(_ amount: UInt64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }
}
