internal import Outbound
internal import PluginKit
internal import Synchronization

/// Bounds how often an address may show keys and operators' tokens that open nothing, since they cost look-ups in the
/// database. Whoever has the right one is let through once it was seen here, whatever others do from the same address.
final class ProofThrottle: Sendable {
    /// The beginnings of what is looked up in the database.
    enum Kind: String {
        case key = "rmk_"
        case operatorToken = "rmo_"
    }

    private static let failuresPerMinute = 300
    private static let capacity = 10_000

    private let limiter = RateLimiter()
    /// Hashes, seeded anew in each process: a wrong text that has the hash of a right one is only looked up.
    private let proven = Mutex<Set<Int>>([])

    /// Runs `verify`, which throws `Problem` 401 for what opens nothing, and counts what it refuses.
    ///
    /// - Parameter address: where it comes from; nil where nobody can tell.
    /// - Throws: `Problem` 429 `rate_limited`; what `verify` throws.
    func checked<Value: Sendable>(
        _ text: String?, as kind: Kind, from address: @autoclosure () -> String?, _ verify: () async throws -> Value
    ) async throws -> Value {
        guard let text, text.hasPrefix(kind.rawValue) else { return try await verify() }
        let isProven = proven.withLock { $0.contains(text.hashValue) }
        if !isProven, let address = address() {
            try limiter.requireRoom(.failures(ClientNetwork(address)), perMinute: ProofThrottle.failuresPerMinute)
        }
        do {
            let value = try await verify()
            if !isProven { noteSuccess(text) }
            return value
        } catch let problem as Problem where problem.status == 401 {
            noteFailure(text, from: address())
            throw problem
        }
    }

    /// A text was right.
    private func noteSuccess(_ text: String) {
        proven.withLock { proven in
            // All of them are found again by being right once more.
            if proven.count >= ProofThrottle.capacity { proven.removeAll() }
            proven.insert(text.hashValue)
        }
    }

    /// A text was wrong.
    private func noteFailure(_ text: String, from address: String?) {
        _ = proven.withLock { $0.remove(text.hashValue) }
        guard let address else { return }
        limiter.note(.failures(ClientNetwork(address)), perMinute: ProofThrottle.failuresPerMinute)
    }
}
