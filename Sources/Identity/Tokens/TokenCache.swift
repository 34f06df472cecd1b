import Foundation

/// The verified tokens of late, in a fixed number of places, split into shards so that threads seldom meet.
struct TokenCache: Sendable {
    private static let shardCount = 16
    private let shards: [TokenCacheShard]

    /// Divides `capacity` tokens, at least one a shard, among the shards.
    init(capacity: Int) {
        let places = max(1, capacity / Self.shardCount)
        shards = (0..<Self.shardCount).map { _ in TokenCacheShard(capacity: places) }
    }

    /// How many tokens are remembered.
    var count: Int { shards.reduce(0) { $0 + $1.count } }

    /// The token of that fingerprint if `now` lies in its validity; one past its end is forgotten.
    func token(for fingerprint: TokenFingerprint, now: Date) -> AccessToken? {
        shard(of: fingerprint).token(for: fingerprint, now: now)
    }

    /// Remembers `token`; when the shard is full, the one remembered longest goes.
    func insert(_ token: AccessToken, for fingerprint: TokenFingerprint, validity: Range<Date>, now: Date) {
        guard validity.contains(now) else { return }
        shard(of: fingerprint).insert(token, for: fingerprint, validity: validity)
    }

    private func shard(of fingerprint: TokenFingerprint) -> TokenCacheShard {
        shards[Int(truncatingIfNeeded: fingerprint.spread % UInt64(Self.shardCount))]
    }
}
