package import Logging

/// A connection of its own for work outside of any pool, such as migrations.
package enum AdminConnection {
    /// Connects, runs `body`, and closes.
    ///
    /// - Throws: `DatabaseError` with code `connection_failed`; what `body` throws.
    package static func use<Value: Sendable>(
        _ settings: ConnectionSettings, reactor: Reactor, logger: Logger, _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        let connection = PipelineConnection(settings, sharing: false, reactor: reactor, logger: logger)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            connection.open { continuation.resume(with: $0) }
        }
        defer { connection.close() }
        return try await body(Lease(connection))
    }
}
