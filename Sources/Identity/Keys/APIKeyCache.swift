internal import Synchronization

/// Keys that were verified in the last minute, by the hash of their text. Whether one was ended since is for the
/// control plane to say.
final class APIKeyCache: Sendable {
    private static let lifetime: Duration = .seconds(60)
    private static let capacity = 10_000

    private struct Entry {
        let key: APIKeys.Verified
        let end: ContinuousClock.Instant
    }

    private let entries = Mutex<[[UInt8]: Entry]>([:])

    func key(for hash: [UInt8]) -> APIKeys.Verified? {
        entries.withLock { entries in
            guard let entry = entries[hash] else { return nil }
            guard entry.end > .now else {
                entries[hash] = nil
                return nil
            }
            return entry.key
        }
    }

    func insert(_ key: APIKeys.Verified, for hash: [UInt8]) {
        entries.withLock { entries in
            // Full of keys that nobody uses any more, or of an attacker's own: all are found again in one round trip.
            if entries.count >= APIKeyCache.capacity { entries.removeAll() }
            entries[hash] = Entry(key: key, end: .now + APIKeyCache.lifetime)
        }
    }
}
