/// An e-mail address of the common form `local@domain`, at most 254 bytes (RFC 5321 §4.5.3.1).
///
/// Quoted local parts, comments and address literals are refused; what a mail server would accept beyond this
/// nobody types into a form.
public struct EmailAddress: Hashable, Sendable {
    /// The address in lower case, as it is stored and compared.
    public let normalized: String

    /// Nil when `text` is not of the common form.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2, (1...64).contains(parts[0].utf8.count),
            parts[0].unicodeScalars.allSatisfy(EmailAddress.isAllowedInLocalPart),
            parts[0].first != ".", parts[0].last != ".", !parts[0].contains("..")
        else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy(EmailAddress.isLabel) else { return nil }
        normalized = text.lowercased()
    }

    private static func isAllowedInLocalPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 0x7F
            ? scalar.properties.isAlphabetic
            : scalar.value > 0x20 && !"\"(),:;<>[]\\\u{7F}".unicodeScalars.contains(scalar)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.unicodeScalars.allSatisfy {
                $0 == "-" || ("0"..."9").contains($0) || ("a"..."z").contains($0) || ("A"..."Z").contains($0)
                    || ($0.value > 0x7F && $0.properties.isAlphabetic)
            }
    }
}
