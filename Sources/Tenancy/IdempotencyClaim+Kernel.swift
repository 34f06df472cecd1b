internal import PluginKit
internal import Postgres

/// What the kernel's own code does for a request under a key: its transactions carry no claim, but are noted in it, so
/// that the key is given back when nothing was written.
extension IdempotencyClaim {
    /// Runs a transaction of these statements, and notes in the request's claim what it did.
    static func noting(
        _ statements: [SQL], _ body: () async throws -> [ResultSet]
    ) async throws -> [ResultSet] {
        guard let current else { return try await body() }
        guard statements.contains(where: canWrite) else { return try await body() }
        let results = try await current.watching(body)
        let hasWritten = zip(statements, results).contains { canWrite($0) && mayWrite($0, $1) }
        if hasWritten { current.noteWritten() }
        return results
    }

    /// Runs a transaction that writes when it commits, and notes in the request's claim that it did or may have.
    package static func notingWrite<Value>(_ body: () async throws -> Value) async throws -> Value {
        guard let current else { return try await body() }
        let value = try await current.watching(body)
        current.noteWritten()
        return value
    }

    /// Runs what is no part of what a request asks for, such as the count of its attempts: no key is kept for it.
    package static func aside<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await $current.withValue(nil) { try await body() }
    }

    private func watching<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            if !IdempotencyClaim.isUndone(error) { noteWritten() }
            throw error
        }
    }

    /// Whether a transaction that threw has certainly left nothing.
    static func isUndone(_ error: any Error) -> Bool {
        // What is no error of the database was thrown before the commit.
        guard let error = error as? DatabaseError else { return true }
        return switch error.code {
        case .invalidURL, .connectionFailed, .statementRefused, .rolledBack, .overloaded: true
        // A server that stops (57P01 and its like) may have committed before it said so.
        case .statementFailed: error.sqlState.map { !$0.hasPrefix("57P") } ?? false
        case .connectionLost, .pipelinePoisoned, .timeout, .undecodable: false
        }
    }
}
