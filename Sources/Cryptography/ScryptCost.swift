/// The cost of one scrypt computation (RFC 7914 section 2), within bounds that no stored string can exceed.
package struct ScryptCost: Sendable, Hashable {
    /// N = 2^15, r = 8, p = 3: equal in cost to OWASP's first recommendation, in 32 MiB instead of 128.
    package static let standard = ScryptCost(unchecked: 15, blockSize: 8, parallelization: 3)

    private static let maximumMemoryByteCount = 128 << 20
    private static let maximumWork = 1 << 21

    /// The binary logarithm of N, the number of blocks kept in memory (`ln` in a PHC string).
    package let logarithm: Int

    /// The block size factor r: a block is 128 × r bytes.
    package let blockSize: Int

    /// The parallelization parameter p; OpenSSL computes the lanes one after the other.
    package let parallelization: Int

    /// `nil` unless ln is in 1...20, r in 1...32, p in 1...16, ln < 16 × r, the memory at most 128 MiB and
    /// N × r × p at most 2^21.
    package init?(logarithm: Int, blockSize: Int, parallelization: Int) {
        guard (1...20).contains(logarithm), (1...32).contains(blockSize), (1...16).contains(parallelization),
            logarithm < 16 * blockSize,
            128 * blockSize << logarithm <= Self.maximumMemoryByteCount,
            (blockSize * parallelization) << logarithm <= Self.maximumWork
        else { return nil }
        self.init(unchecked: logarithm, blockSize: blockSize, parallelization: parallelization)
    }

    private init(unchecked logarithm: Int, blockSize: Int, parallelization: Int) {
        self.logarithm = logarithm
        self.blockSize = blockSize
        self.parallelization = parallelization
    }

    /// The bytes one computation needs, with the lanes and some slack.
    var memoryByteCount: Int {
        128 * blockSize << logarithm + 128 * blockSize * (parallelization + 2) + 1 << 16
    }
}
