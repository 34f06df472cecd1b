internal import CScheduling
internal import Foundation

/// How far a process stands back for others on the same cores.
package enum Niceness {
    /// Of 19: a third of what others get on a contended core, so that work goes on where requests never cease.
    private static let background: Int32 = 5

    /// Lets this process stand back: its threads, those that they start, and all of them together. For work that nobody
    /// waits for, and for the beginning of a process.
    package static func standBack() {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for thread in threads.compactMap({ Int32($0) }) { scheduling_stand_back(thread, background) }
        scheduling_leave_session(background)
    }
}
