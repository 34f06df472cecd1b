internal import PluginKit
package import Postgres
internal import Tenancy

/// Processes that serve from a database: they hold connections of the platform's own roles.
package enum ServingProcesses {
    /// - Parameter isConfirmed: whether somebody vouches that there are none, where the server does not say.
    /// - Throws: `MigrationError` with code `still_serving`, or `confirmation_needed` where nobody can know.
    package static func requireNone(_ admin: Lease, isConfirmed: Bool) async throws {
        let roles: [String]
        do {
            roles = try await connectedRoles(admin)
        } catch let error as DatabaseError where error.sqlState == "42501" {
            guard !isConfirmed else { return }
            throw MigrationError(
                .unconfirmed, "this role may not see who is connected; stop every server, then say so with --yes")
        }
        guard roles.isEmpty else {
            throw MigrationError(
                .stillServing,
                "\(roles.joined(separator: ", ")) are connected to this database: stop every server first")
        }
    }

    private static func connectedRoles(_ admin: Lease) async throws -> [String] {
        let (prefix, owners) = (RolePrefix.installation, RolePrefix.owners)
        let result = try await admin.run(
            """
            SELECT DISTINCT usename::text AS role
            FROM pg_catalog.pg_stat_activity
            WHERE datname = current_database()
              AND pid <> pg_backend_pid()
              AND starts_with(usename::text, \(prefix))
              -- only the migrator is an owner; its lock is held here, and a session it has closed ends a moment later
              AND NOT starts_with(usename::text, \(owners))
            ORDER BY role
            """)
        return try result.rows.map { try $0.get("role") }
    }
}
