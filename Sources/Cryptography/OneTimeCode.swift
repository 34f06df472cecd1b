internal import COpenSSL

/// Time-based one-time codes: RFC 6238 with HMAC-SHA-1, steps of 30 seconds and six digits, which is what
/// authenticator apps read.
package enum OneTimeCode {
    /// Seconds for which one code stands.
    package static let stepLength: Int64 = 30
    /// The bytes of a secret that RFC 4226 section 4 asks for.
    package static let secretLength = 20

    /// The code of a step, six digits.
    ///
    /// - Throws: `CryptographyError` when the library fails.
    package static func code(secret: [UInt8], step: Int64) throws(CryptographyError) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * Int64($0))) }
        var digest = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 0
        guard HMAC(EVP_sha1(), secret, Int32(secret.count), counter, counter.count, &digest, &length) != nil,
            length == 20
        else { throw CryptographyError.libraryFailed }
        // RFC 4226 section 5.3: dynamic truncation
        let offset = Int(digest[19] & 0x0F)
        let number = digest[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The step within one of `step` at which `code` is right; nil when it is not. Every candidate is compared.
    ///
    /// - Throws: `CryptographyError` when the library fails.
    package static func step(of text: String, secret: [UInt8], near step: Int64) throws(CryptographyError) -> Int64? {
        var found: Int64?
        for candidate in (step - 1)...(step + 1) {
            if ConstantTime.equal(Array(try code(secret: secret, step: candidate).utf8), Array(text.utf8)) {
                found = candidate
            }
        }
        return found
    }
}
