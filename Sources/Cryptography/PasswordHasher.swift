/// Hashes and verifies passwords on a few threads of its own, so that logins never hold up other requests.
///
/// By default two run at once, in 32 MiB each, and 64 may wait.
package final class PasswordHasher: Sendable {
    /// The cost of new hashes.
    package let cost: ScryptCost

    private let pool: BoundedThreadPool
    private let decoy: PasswordHash
    private let derive: KeyDerivation

    /// - Parameters:
    ///   - cost: The cost of new hashes.
    ///   - concurrency: How many computations run at once, at least 1.
    ///   - queueLimit: How many callers may wait before the next is refused.
    ///   - derive: What computes, here or elsewhere.
    package init(
        cost: ScryptCost = .standard, concurrency: Int = 2, queueLimit: Int = 64,
        derive: @escaping KeyDerivation = Scrypt.derive
    ) {
        self.cost = cost
        self.derive = derive
        pool = BoundedThreadPool(concurrency: concurrency, queueLimit: queueLimit, overload: PasswordError.overloaded)
        decoy = .decoy(cost: cost)
    }

    /// How many callers wait for a thread.
    package var waitingCount: Int { pool.waitingCount }

    /// Whether the next caller would be refused.
    package var isFull: Bool { pool.isFull }

    /// Whether a hash was made at another cost than today's.
    package func needsRehash(_ hash: PasswordHash) -> Bool { hash.needsRehash(for: cost) }

    /// A new hash of `password` with its own salt.
    ///
    /// - Throws: `PasswordError.overloaded`, `.unavailable`, or `CancellationError` while it waits.
    package func hash(_ password: Password) async throws -> PasswordHash {
        try await pool.run { [cost, derive] in try PasswordHash(hashing: password, cost: cost, derive: derive) }
    }

    /// Whether `password` is the one behind `hash`. Without a hash (no such account) it takes as long and says no.
    ///
    /// - Throws: `PasswordError.overloaded`, `.unavailable`, or `CancellationError` while it waits.
    package func verify(_ password: Password, against hash: PasswordHash?) async throws -> Bool {
        try await pool.run { [decoy, derive] in
            let matches = try (hash ?? decoy).matches(password, derive: derive)
            return matches && hash != nil
        }
    }
}
