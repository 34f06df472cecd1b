import Cryptography

/// The SHA-256 of a token, under which the cache knows it.
///
/// Not the token itself: a dump of memory then holds no bearer tokens, an entry has a fixed size, and comparing takes
/// four words instead of 400 bytes. Nobody can find a second token of the same fingerprint.
struct TokenFingerprint: Sendable, Hashable {
    private let words: SIMD4<UInt64>

    /// Digests the UTF-8 bytes of `token`.
    init(_ token: String) {
        words = SHA256.digest(token).withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    /// A number as good as random, to choose a shard by.
    var spread: UInt64 { words[0] }

    static func == (left: TokenFingerprint, right: TokenFingerprint) -> Bool {
        left.words == right.words
    }

    /// Feeds one word: all of them are as good as random.
    func hash(into hasher: inout Hasher) {
        hasher.combine(words[1])
    }
}
