import COpenSSL

/// Comparison of secrets in time that depends on their length alone.
package enum ConstantTime {
    /// Whether both arrays hold the same bytes; arrays of different length are unequal, and that shows in the time.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
