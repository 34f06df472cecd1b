/// The name of a host in its one spelling: small letters, without port and final dot.
package struct PublicHost: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Reads the header `Host` (RFC 9110 §7.2), or what somebody typed.
    ///
    /// - Returns: nil for what is no name of at least two labels of letters, digits and inner hyphens: addresses, user
    ///   names before an `@`, other letters in disguise.
    package init?(_ text: String) {
        var name = Substring(text)
        if let colon = name.lastIndex(of: ":") {
            let port = name[name.index(after: colon)...]
            guard port.utf8.count <= 5, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            name = name[..<colon]
        }
        if name.hasSuffix(".") { name = name.dropLast() }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.count >= 2, labels.allSatisfy(PublicHost.isLabel) else { return nil }
        // An address of four numbers is no name.
        guard labels.last?.utf8.contains(where: { !(0x30...0x39).contains($0) }) == true else { return nil }
        description = name.lowercased()
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
                    || byte == UInt8(ascii: "-")
            }
    }
}
