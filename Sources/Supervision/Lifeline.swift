internal import Foundation

/// What a child does when its parent is gone: it ends in order, as for SIGTERM.
package enum Lifeline {
    /// Watches the parent, if this process has one that supervises it.
    package static func hold() {
        guard ProcessInfo.processInfo.environment[SupervisedProcess.marker] != nil else { return }
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) > 0 {}
            kill(getpid(), SIGTERM)
        }
    }
}
