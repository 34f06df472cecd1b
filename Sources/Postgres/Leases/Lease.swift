package import PluginKit

/// A connection that is one holder's for a while.
package struct Lease: Sendable {
    private let connection: PipelineConnection

    init(_ connection: PipelineConnection) {
        self.connection = connection
    }

    /// Runs statements in order in one round trip.
    ///
    /// - Throws: `DatabaseError`.
    package func run(_ statements: [SQL], timeout: Duration = .seconds(30)) async throws -> [ResultSet] {
        try await connection.run(statements, timeout: timeout)
    }

    /// Runs statements of somebody who may read and change rows and nothing else.
    ///
    /// - Throws: `DatabaseError`, with code `statement_refused` for any other statement.
    package func runRows(_ statements: [SQL]) async throws -> [ResultSet] {
        for statement in statements { try StatementPolicy.requireRows(statement.text) }
        return try await run(statements)
    }

    /// Runs one statement.
    @discardableResult
    package func run(_ statement: SQL, timeout: Duration = .seconds(30)) async throws -> ResultSet {
        guard let result = try await connection.run([statement], timeout: timeout).first else {
            throw DatabaseError(.undecodable)
        }
        return result
    }

    /// Runs text of several statements, such as a migration; without values and without rows.
    package func script(_ text: String) async throws {
        try await withCheckedThrowingContinuation { completion in
            connection.start(SimpleQuery(text, completion: completion))
        }
    }

    /// Runs `COPY … TO STDOUT` and calls `consume` with each row, in COPY's own format. It may take its time: what is not
    /// taken waits with the server, but for about a mebibyte.
    ///
    /// When `consume` throws, the rest of the rows is read and dropped, so that the connection can be used again.
    ///
    /// - Throws: `DatabaseError`; what `consume` throws; `CancellationError`.
    package func copyOut(unsafeSQL text: String, _ consume: ([UInt8]) async throws -> Void) async throws {
        let rows = CopyRows(bound: CopyRows.usualBound) { [connection] in connection.resumeReading() }
        connection.start(SimpleQuery(text, rows: rows))
        do {
            while let some = try await rows.next() {
                for row in some { try await consume(row) }
            }
        } catch {
            await rows.abandon()
            throw error
        }
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    @discardableResult
    package func transaction<Value>(_ body: (Lease) async throws -> Value) async throws -> Value {
        try await run("BEGIN")
        do {
            let value = try await body(self)
            try await connection.commit()
            return value
        } catch {
            // The connection is checked before anybody else gets it, so a rollback that fails is no one's trouble.
            _ = try? await run("ROLLBACK")
            throw error
        }
    }

    /// The server's version, such as 150020.
    package func serverVersion() async throws -> Int {
        try await run("SELECT current_setting('server_version_num')::int8 AS version").first?.get("version") ?? 0
    }
}
