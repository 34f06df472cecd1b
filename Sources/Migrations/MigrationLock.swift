internal import PluginKit
package import Postgres

/// Lets one process at a time change the schema of a database.
package enum MigrationLock {
    /// "romashka" as a number.
    private static let key: Int64 = 0x726F_6D61_7368_6B61

    /// Waits for its turn, at most five minutes, and holds the lock for the time of `body`.
    package static func hold<Value>(_ admin: Lease, _ body: () async throws -> Value) async throws -> Value {
        try await admin.run("SELECT pg_advisory_lock(\(key))", timeout: .seconds(300))
        do {
            let value = try await body()
            try await admin.run("SELECT pg_advisory_unlock(\(key))")
            return value
        } catch {
            _ = try? await admin.run("SELECT pg_advisory_unlock(\(key))")
            throw error
        }
    }
}
