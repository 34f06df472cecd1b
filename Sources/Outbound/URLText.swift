extension String {
    /// A URL without the slash at its end, so that a path can follow.
    package var withoutLastSlash: String { hasSuffix("/") ? String(dropLast()) : self }

    /// A host without the brackets that an IPv6 address has in a URL (RFC 3986 §3.2.2).
    package var withoutBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
