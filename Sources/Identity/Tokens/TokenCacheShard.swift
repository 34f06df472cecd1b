import Foundation
import Synchronization

/// A bounded table of verified tokens behind one lock.
final class TokenCacheShard: Sendable {
    private struct Entry {
        let token: AccessToken
        let validity: Range<Date>
    }

    private struct State {
        var entries: [TokenFingerprint: Entry] = [:]
        /// The fingerprints in order of arrival, as a ring once it is full; some may have been forgotten since.
        var arrivals: [TokenFingerprint] = []
        var oldest = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Room for `capacity` tokens, at least one.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many tokens are remembered.
    var count: Int { state.withLock { $0.entries.count } }

    /// The token of that fingerprint if `now` lies in its validity; one past its end is forgotten.
    func token(for fingerprint: TokenFingerprint, now: Date) -> AccessToken? {
        state.withLock { state in
            guard let entry = state.entries[fingerprint] else { return nil }
            if entry.validity.contains(now) { return entry.token }
            if entry.validity.upperBound <= now { state.entries[fingerprint] = nil }
            return nil
        }
    }

    /// Remembers `token`; when the table is full, the one that came first goes.
    func insert(_ token: AccessToken, for fingerprint: TokenFingerprint, validity: Range<Date>) {
        state.withLock { state in
            let known = state.entries.updateValue(Entry(token: token, validity: validity), forKey: fingerprint)
            guard known == nil else { return }
            if state.arrivals.count < capacity {
                state.arrivals.append(fingerprint)
            } else {
                let leaving = state.arrivals[state.oldest]
                if leaving != fingerprint { state.entries[leaving] = nil }
                state.arrivals[state.oldest] = fingerprint
                state.oldest = (state.oldest + 1) % capacity
            }
        }
    }
}
