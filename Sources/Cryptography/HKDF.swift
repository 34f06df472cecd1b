/// The HMAC-based key derivation function with SHA-256 (RFC 5869).
package enum HKDF {
    /// The most bytes one derivation can give: 255 blocks of 32.
    package static let maximumByteCount = 255 * HMACSHA256.byteCount

    /// Extracts from `master` with `salt`, and expands to `count` bytes bound to `info`.
    ///
    /// - Throws: `CryptographyError.invalidByteCount` when `count` is not in `1...8160`.
    package static func derive(
        from master: [UInt8],
        salt: [UInt8] = [],
        info: [UInt8],
        count: Int
    ) throws(CryptographyError) -> [UInt8] {
        guard (1...maximumByteCount).contains(count) else { throw .invalidByteCount }
        return expand(extract(from: master, salt: salt), info: info, count: count)
    }

    /// The 32 bytes derived from `master` for `info`: the one length that needs no check.
    static func deriveKey(from master: [UInt8], info: [UInt8]) -> [UInt8] {
        expand(extract(from: master, salt: []), info: info, count: HMACSHA256.byteCount)
    }

    /// RFC 5869 section 2.2; an empty salt equals 32 zero bytes, because HMAC pads its key with zeros.
    private static func extract(from master: [UInt8], salt: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(master, key: salt)
    }

    /// RFC 5869 section 2.3, for a `count` already known to be in bounds.
    private static func expand(_ pseudorandomKey: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        let authenticator = HMACSHA256(key: pseudorandomKey)
        var output: [UInt8] = []
        var block: [UInt8] = []
        var index: UInt8 = 1
        while output.count < count {
            block = authenticator.authenticate(block + info + [index])
            output.append(contentsOf: block)
            index &+= 1
        }
        return Array(output.prefix(count))
    }
}
