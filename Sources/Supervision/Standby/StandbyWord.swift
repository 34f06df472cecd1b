internal import Foundation

/// What a child says of itself to the ``StandbySupervisor`` that started it: a line of its standard output.
package enum StandbyWord: String, Sendable {
    /// It could serve now.
    case prepared
    /// It does, since its turn has come.
    case serving
    /// It takes no more work.
    case leaving

    /// Says it to the parent; to one that is gone it does no harm.
    package func say() {
        let line = Array("\(rawValue)\n".utf8)
        _ = send(STDOUT_FILENO, line, line.count, Int32(MSG_NOSIGNAL))
    }
}
