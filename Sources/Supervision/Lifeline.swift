internal import Foundation

/// What a child hears of its parent: when the parent is gone, the child ends in order, as for SIGTERM.
package enum Lifeline {
    /// Watches the parent, if this process has one that supervises it.
    ///
    /// - Parameter turn: comes when the parent says so.
    package static func hold(_ turn: Turn? = nil) {
        guard ProcessInfo.processInfo.environment[SupervisedProcess.marker] != nil else { return }
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) > 0 { turn?.come() }
            kill(getpid(), SIGTERM)
        }
    }
}
