internal import Cryptography
internal import PluginKit
internal import Postgres
internal import Synchronization

/// A request's claim on its idempotency key, made in the transaction of the request's first write, so that the claim
/// commits exactly when the effect does.
package final class IdempotencyClaim: Sendable {
    /// Another request holds the key.
    package struct Taken: Error {}

    private enum State {
        case open
        /// A transaction carries it. Can transition to: open (it failed), committed.
        case carried
        case committed
    }

    /// Whose keys it is one of.
    package enum Keys: Sendable {
        /// The session's actor's.
        case actor
        /// Those of the commands that the session's module offers, whoever asks.
        case commands
    }

    /// SHA-256 of the key.
    package let keyHash: [UInt8]
    /// SHA-256 of method, path and body.
    package let fingerprint: [UInt8]
    private let keys: Keys
    private let state = Mutex(State.open)
    private let hasWritten = Mutex(false)

    package init(keyHash: [UInt8], fingerprint: [UInt8], among keys: Keys = .actor) {
        self.keys = keys
        self.keyHash = keyHash
        self.fingerprint = fingerprint
    }

    /// Whether a transaction with the claim has committed.
    package var isCommitted: Bool { state.withLock { $0 == .committed } }

    /// The claim of a request whose body came as bytes, once they are known.
    ///
    /// - Parameter digest: SHA-256 of the body.
    package func sealed(with digest: [UInt8]) -> IdempotencyClaim {
        IdempotencyClaim(keyHash: keyHash, fingerprint: SHA256.digest(fingerprint + digest), among: keys)
    }

    private var statement: SQL {
        switch keys {
        case .actor: "SELECT core.idempotency(\(keyHash), \(fingerprint))"
        case .commands: "SELECT core.claim_command(\(keyHash), \(fingerprint))"
        }
    }

    /// Whether a row may have been written for the request besides the claim.
    package var mayHaveWritten: Bool { hasWritten.withLock { $0 } }

    /// Notes what statements of the request did.
    func note(_ statements: [SQL], _ results: [ResultSet]) {
        guard zip(statements, results).contains(where: { IdempotencyClaim.mayWrite($0, $1) }) else { return }
        hasWritten.withLock { $0 = true }
    }

    /// Whether a statement may have written a row. What cannot be told from its first word and its tag counts as written.
    private static func mayWrite(_ statement: SQL, _ result: ResultSet) -> Bool {
        let text = statement.text
        return switch text.drop(while: \.isWhitespace).prefix(6).uppercased() {
        // Only functions of core write, and only for rows there are.
        case "SELECT": statement.isUnsafe || result.affected > 0 && text.contains("core.")
        case "INSERT", "UPDATE", "DELETE": result.affected > 0
        default: true
        }
    }

    /// Runs a transaction, which carries the claim unless another one does.
    ///
    /// - Parameter body: given the claim's statement, or nil when there is none to carry.
    /// - Throws: `Taken` when another request holds the key.
    func carry<Value>(_ body: (SQL?) async throws -> Value) async throws -> Value {
        let carries = state.withLock { state in
            guard state == .open else { return false }
            state = .carried
            return true
        }
        guard carries else { return try await body(nil) }
        do {
            let value = try await body(statement)
            state.withLock { $0 = .committed }
            return value
        } catch let error as DatabaseError where error.constraint?.hasSuffix("idempotency_keys_pkey") == true {
            state.withLock { $0 = .open }
            throw Taken()
        } catch {
            state.withLock { $0 = .open }
            throw error
        }
    }
}
