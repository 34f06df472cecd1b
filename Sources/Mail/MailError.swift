/// Why a message was not taken.
package struct MailError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What came of it.
    package enum Outcome: Hashable, Sendable {
        /// Another time may be better: the server is away, busy, or does not know us.
        case later
        /// The server will never take this message.
        case never
    }

    package let outcome: Outcome
    /// For the operator's log: the library's words and the server's code, no address.
    package let description: String

    /// - Parameters:
    ///   - code: what the server answered last, 0 when nothing.
    init(code: Int, _ words: String) {
        // 53x are about us and our password, not about the message.
        outcome = (550...554).contains(code) ? .never : .later
        description = code == 0 ? words : "\(words) (\(code))"
    }
}
