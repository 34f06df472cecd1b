internal import Synchronization

/// A number that rises and falls. Changing it is one atomic instruction and takes no lock.
package final class Gauge: Sendable {
    private let level = Atomic<Int>(0)

    /// Creates a gauge at zero.
    package init() {}

    /// The number now.
    package var value: Int { level.load(ordering: .relaxed) }

    /// Changes the number by a difference.
    package func add(_ difference: Int) {
        level.wrappingAdd(difference, ordering: .relaxed)
    }
}
