package import Foundation

/// The processes that one has started and not yet reaped.
package enum ChildrenOfProcess {
    /// - Returns: each one's id, and its program and arguments in one line, parted by NUL.
    package static func find(_ parent: pid_t) throws -> [(id: pid_t, line: String)] {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")
        let lists = tasks.compactMap {
            try? String(contentsOfFile: "/proc/\(parent)/task/\($0)/children", encoding: .utf8)
        }
        return lists.flatMap { $0.split(separator: " ").compactMap { pid_t($0) } }.map { id in
            (id, (try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)) ?? "")
        }
    }
}
