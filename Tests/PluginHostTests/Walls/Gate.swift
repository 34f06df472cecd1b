import Foundation
import Synchronization

/// Holds up threads until it is opened, for a minute at most.
final class Gate: Sendable {
    private let isOpen = Atomic(false)

    func open() { isOpen.store(true, ordering: .releasing) }

    func pass() {
        for _ in 0..<6000 where !isOpen.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.01) }
    }
}
