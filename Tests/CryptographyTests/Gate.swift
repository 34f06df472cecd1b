import Foundation

/// Holds threads until it is opened, and counts them.
final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    private var isOpen = false
    private var entered = 0
    private var present = 0
    private var most = 0

    /// How many threads have come so far.
    var arrivals: Int { condition.withLock { entered } }

    /// The largest number of threads held at the same time.
    var mostAtOnce: Int { condition.withLock { most } }

    /// Holds the calling thread.
    func wait() {
        condition.withLock {
            entered += 1
            present += 1
            most = max(most, present)
            while !isOpen { condition.wait() }
            present -= 1
        }
    }

    /// Lets everybody go, now and later.
    func open() {
        condition.withLock {
            isOpen = true
            condition.broadcast()
        }
    }
}
