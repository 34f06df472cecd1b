import Cryptography

/// A token taken apart into what its three segments encode (RFC 7515 section 7.1), before anything is trusted.
struct CompactToken: Sendable {
    /// The longest token, in bytes. The library copies tokens onto its stack, so this must hold before it is called.
    static let maximumByteCount = 4096

    /// The bytes of the first segment.
    let header: [UInt8]

    /// The bytes of the second segment.
    let payload: [UInt8]

    /// Takes exactly three segments, none empty, each strict base64url.
    ///
    /// - Throws: `TokenError.tooLarge` or `.malformed`.
    init(_ token: String) throws(TokenError) {
        guard token.utf8.count <= Self.maximumByteCount else { throw .tooLarge }
        let segments = Array(token.utf8).split(
            separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false
        )
        guard segments.count == 3, segments.allSatisfy({ !$0.isEmpty }),
            let header = Base64URL.decode(segments[0]),
            let payload = Base64URL.decode(segments[1]),
            Base64URL.decode(segments[2]) != nil
        else { throw .malformed }
        self.header = header
        self.payload = payload
    }
}
