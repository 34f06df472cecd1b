/// The name of a signing key, the `kid` of a token's header (RFC 7515 section 4.1.4).
package struct TokenKeyID: Sendable, Hashable, CustomStringConvertible {
    /// The name as it stands in the header.
    package let rawValue: String

    /// Takes 1 to 64 ASCII letters, digits, `-`, `_` or `.`, of which the first is a letter or digit.
    ///
    /// - Throws: `TokenError.keyNameInvalid`.
    package init(_ rawValue: String) throws(TokenError) {
        let characters = rawValue.utf8
        guard (1...64).contains(characters.count), characters.first.map(Self.isAlphanumeric) == true,
            characters.allSatisfy({ Self.isAlphanumeric($0) || "-_.".utf8.contains($0) })
        else { throw .keyNameInvalid }
        self.rawValue = rawValue
    }

    /// The name.
    package var description: String { rawValue }

    private static func isAlphanumeric(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
