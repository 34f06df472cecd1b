import COpenSSL

/// Random bytes fit for keys, salts and tokens.
package enum RandomBytes {
    /// `count` bytes from OpenSSL's generator, or from the kernel's should that one fail. A negative count gives none.
    package static func generate(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        if let size = Int32(exactly: count), RAND_bytes(&bytes, size) == 1 { return bytes }
        var kernel = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &kernel) }
    }
}
