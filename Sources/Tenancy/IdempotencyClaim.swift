internal import Cryptography
@_spi(Kernel) internal import PluginKit
internal import Postgres
internal import Synchronization

/// A request's claim on its idempotency key, made in the request's first transaction, so that the claim commits exactly
/// when the effect does. A command's is made in the first transaction that can write, so that a key that is taken means
/// that the command's work was done.
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

    /// The claim of the request that the kernel's own code answers in this task; nil for a module's.
    @TaskLocal package static var current: IdempotencyClaim?

    /// SHA-256 of the key.
    package let keyHash: [UInt8]
    /// A code of method, path and body. Without its key nobody can try out which password, say, a body held.
    package let fingerprint: [UInt8]
    private let keys: Keys
    private let state = Mutex(State.open)
    private let hasWritten = Mutex(false)
    private let wasPassedOver = Mutex(false)

    package init(keyHash: [UInt8], fingerprint: [UInt8], among keys: Keys = .actor) {
        self.keys = keys
        self.keyHash = keyHash
        self.fingerprint = fingerprint
    }

    /// Whether a transaction with the claim has committed.
    package var isCommitted: Bool { state.withLock { $0 == .committed } }

    /// Whether transactions ran, and none of them made the claim, because they only read.
    package var hasOnlyRead: Bool { !isCommitted && wasPassedOver.withLock { $0 } }

    /// The claim of a request whose body came as bytes, once they are known.
    ///
    /// - Parameter digest: SHA-256 of the body.
    package func sealed(with digest: [UInt8]) -> IdempotencyClaim {
        IdempotencyClaim(keyHash: keyHash, fingerprint: SHA256.digest(fingerprint + digest), among: keys)
    }

    /// Whether it waits for a statement that can write. A request's does not: who repeats one is to be told the first
    /// answer before what the first one did is read.
    private var isForWrites: Bool { keys == .commands }

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
        noteWritten()
    }

    /// Notes that a row may have been written.
    func noteWritten() {
        hasWritten.withLock { $0 = true }
    }

    /// Whether a statement may have written a row. What cannot be told from its first word and its tag counts as written.
    static func mayWrite(_ statement: SQL, _ result: ResultSet) -> Bool {
        let text = statement.text
        return switch text.drop(while: \.isWhitespace).prefix(6).uppercased() {
        // Only functions of core write, and only for rows there are.
        case "SELECT": statement.isUnsafe || result.affected > 0 && text.contains("core.")
        case "INSERT", "UPDATE", "DELETE": result.affected > 0
        default: true
        }
    }

    /// Whether a statement can write a row, before it is run. What cannot be told counts as if it could.
    static func canWrite(_ statement: SQL) -> Bool {
        statement.isUnsafe || statement.mayEnqueue || canWrite(text: statement.text)
    }

    /// Whether a statement of this text can.
    static func canWrite(text: String) -> Bool {
        // Only functions of core write.
        text.drop(while: \.isWhitespace).prefix(6).uppercased() != "SELECT" || callsCore(text)
    }

    /// Functions of core that tell who it is and nothing else.
    private static let harmless: Set<Substring> = [
        "tenant_id", "actor_id", "actor_kind", "actor_role", "customer", "uuid7", "uuid_floor",
    ]

    private static func callsCore(_ text: String) -> Bool {
        let plain = text.lowercased().replacing("\"", with: "")
        return plain.split(separator: "core.", omittingEmptySubsequences: false).dropFirst().contains { part in
            let name = part.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            let isCall = part.dropFirst(name.count).drop(while: \.isWhitespace).first == "("
            return isCall && !harmless.contains(name)
        }
    }

    /// Runs a transaction, which carries the claim from its beginning unless another one does.
    ///
    /// - Parameter body: given the claim's statement, or nil when there is none to carry.
    /// - Throws: `Taken` when another request holds the key.
    func carry<Value>(_ body: (SQL?) async throws -> Value) async throws -> Value {
        try await during { carriage in try await body(carriage.begin()) }
    }

    /// Runs a transaction, which may carry the claim.
    ///
    /// - Throws: `Taken` when another request holds the key.
    func during<Value>(_ body: (Carriage) async throws -> Value) async throws -> Value {
        let carriage = Carriage(self)
        do {
            let value = try await body(carriage)
            carriage.end(hasCommitted: true)
            return value
        } catch {
            carriage.end(hasCommitted: false)
            if IdempotencyClaim.isTaken(error) { throw Taken() }
            throw error
        }
    }

    /// Whether an error of the database says that another request holds the key.
    static func isTaken(_ error: any Error) -> Bool {
        (error as? DatabaseError)?.constraint?.hasSuffix("idempotency_keys_pkey") == true
    }
}

extension IdempotencyClaim {
    /// What one transaction has to do with the claim.
    final class Carriage: Sendable {
        private let claim: IdempotencyClaim
        private let isCarrying = Mutex(false)

        fileprivate init(_ claim: IdempotencyClaim) {
            self.claim = claim
        }

        /// What is to be run before statements: the claim, or nil when it is not their time or another has it.
        func claiming(before statements: [SQL]) -> SQL? {
            guard !claim.isForWrites || statements.contains(where: IdempotencyClaim.canWrite) else {
                claim.wasPassedOver.withLock { $0 = true }
                return nil
            }
            return begin()
        }

        /// The claim's statement, which is now this transaction's to run; nil when another has it.
        fileprivate func begin() -> SQL? {
            let carries = claim.state.withLock { state in
                guard state == .open else { return false }
                state = .carried
                return true
            }
            guard carries else { return nil }
            isCarrying.withLock { $0 = true }
            return claim.statement
        }

        fileprivate func end(hasCommitted: Bool) {
            guard isCarrying.withLock({ $0 }) else { return }
            claim.state.withLock { $0 = hasCommitted ? .committed : .open }
        }
    }
}
