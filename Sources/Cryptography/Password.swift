import Foundation

/// A password as typed, normalised so that every keyboard gives the same bytes. It is never shown.
package struct Password: Sendable, Redacted {
    /// The bounds in bytes of UTF-8 after normalisation.
    package static let byteCounts = 1...1024

    /// The UTF-8 bytes of the password in Unicode normalisation form C (RFC 8265 section 4.2.2).
    let bytes: [UInt8]

    /// Normalises `text` to NFC.
    ///
    /// - Throws: `PasswordError.invalidLength` unless that leaves 1 to 1,024 bytes.
    package init(_ text: String) throws(PasswordError) {
        guard text.utf8.count <= 4 * Self.byteCounts.upperBound else { throw .invalidLength }
        bytes = Array(text.precomposedStringWithCanonicalMapping.utf8)
        guard Self.byteCounts.contains(bytes.count) else { throw .invalidLength }
    }

    /// Never shows the password.
    package var description: String { "Password(redacted)" }
}
