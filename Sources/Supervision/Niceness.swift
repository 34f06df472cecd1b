internal import CScheduling
internal import Foundation

/// How far a process stands back for others on the same cores.
package enum Niceness {
    /// Of 19: a third of what others get on a contended core, so that work goes on where requests never cease.
    private static let background: Int32 = 5

    /// Lets this process stand back: its threads, those that they start, and all of them together. For work that nobody
    /// waits for, and for the beginning of a process.
    package static func standBack() {
        var done: Set<Int32> = []
        // A thread that did not stand back yet may have started another one meanwhile.
        while true {
            let others = threads().subtracting(done)
            if others.isEmpty { break }
            for thread in others { scheduling_stand_back(thread, background) }
            done.formUnion(others)
        }
        scheduling_leave_session(background)
    }

    /// Those of this process, by their kernel's ids.
    private static func threads() -> Set<Int32> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return Set(names.compactMap { Int32($0) })
    }
}
