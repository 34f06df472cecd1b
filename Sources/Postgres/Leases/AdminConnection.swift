package import Logging

/// A connection of its own for work outside of any pool, such as migrations.
package enum AdminConnection {
    /// Connects, runs `body`, and closes.
    ///
    /// - Parameter heard: is given the payloads of notifications, on the connection's thread: it must be quick.
    /// - Throws: `DatabaseError` with code `connection_failed`; what `body` throws.
    package static func use<Value: Sendable>(
        _ settings: ConnectionSettings, reactor: Reactor, heard: (@Sendable (String) -> Void)? = nil, logger: Logger,
        _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        let connection = PipelineConnection(settings, sharing: false, reactor: reactor, heard: heard, logger: logger)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            connection.open { continuation.resume(with: $0) }
        }
        defer { connection.close() }
        return try await body(Lease(connection))
    }
}
