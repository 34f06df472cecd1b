internal import Foundation

/// What a child says of itself to the ``StandbySupervisor`` that started it: a line of its standard output.
package enum StandbyWord: String, Sendable {
    /// It could serve now.
    case prepared
    /// It takes no more work.
    case leaving

    /// Says it to the parent.
    package func say() {
        FileHandle.standardOutput.write(Data("\(rawValue)\n".utf8))
    }
}
