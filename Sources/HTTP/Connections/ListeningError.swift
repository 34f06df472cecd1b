/// An address that cannot be listened on.
package struct ListeningError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable for programs.
    package static let code = "cannot_listen"

    package let place: String
    /// What the system says.
    package let reason: String

    package var description: String { "\(ListeningError.code): \(place): \(reason)" }
}
