import COpenSSL

/// The scrypt function (RFC 7914). It occupies the calling thread for as long as its cost says.
package enum Scrypt {
    /// `count` bytes derived from `password` and `salt`.
    ///
    /// - Throws: `PasswordError.unavailable` when OpenSSL refuses, for want of memory or for a count below 1.
    package static func derive(
        from password: [UInt8],
        salt: [UInt8],
        cost: ScryptCost,
        count: Int
    ) throws(PasswordError) -> [UInt8] {
        guard count > 0 else { throw .unavailable }
        var output = [UInt8](repeating: 0, count: count)
        let result = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.bindMemory(to: CChar.self).baseAddress, password.count, salt, salt.count,
                UInt64(1) << UInt64(cost.logarithm), UInt64(cost.blockSize), UInt64(cost.parallelization),
                UInt64(cost.memoryByteCount), &output, count
            )
        }
        guard result == 1 else {
            ERR_clear_error()
            throw .unavailable
        }
        return output
    }
}
