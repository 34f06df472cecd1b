internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// The contents of the store that no row knows, and since when this database has known that of each.
struct FileOrphans: Sendable {
    /// How many rows one statement takes off.
    private static let batch = 1000

    private let leases: LeasePool
    /// When the sweep began.
    private let now: Timestamp

    init(leases: LeasePool, now: Timestamp) {
        self.leases = leases
        self.now = now
    }

    /// Notes of which contents no row knows, and takes those off the list that one knows again.
    ///
    /// - Returns: those that were on the list at `limit` already.
    /// - Throws: `DatabaseError`.
    func note(_ addresses: [ContentAddress], before limit: Timestamp) async throws -> [ContentAddress] {
        try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
            let known = try await findKnown(addresses, lease)
            let (found, unknown) = (addresses.filter(known.contains), addresses.filter { !known.contains($0) })
            let results = try await lease.run([
                """
                DELETE FROM core.file_orphans
                WHERE path = ANY(\(found.map(\.path)))
                """,
                """
                INSERT INTO core.file_orphans AS o (path, seen_at, last_seen_at)
                SELECT given.path, \(now)::timestamptz, \(now)::timestamptz
                FROM unnest(\(unknown.map(\.path))::text[]) AS given (path)
                ORDER BY given.path
                ON CONFLICT (path) DO UPDATE
                SET last_seen_at = greatest(o.last_seen_at, EXCLUDED.last_seen_at)
                RETURNING o.path, o.seen_at <= \(limit) AS is_old
                """,
            ])
            var old: Set<String> = []
            for row in results[1].rows {
                if try row.get("is_old", as: Bool.self) { old.insert(try row.get("path", as: String.self)) }
            }
            return unknown.filter { old.contains($0.path) }
        }
    }

    /// Takes contents off the list that are removed.
    func strike(_ addresses: [ContentAddress]) async throws {
        guard !addresses.isEmpty else { return }
        _ = try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
            try await lease.run(
                """
                DELETE FROM core.file_orphans
                WHERE path = ANY(\(addresses.map(\.path)))
                """
            ).affected
        }
    }

    /// Takes those off the list that the sweep, which must have seen everything, has not seen.
    func strikeUnseen() async throws {
        var count = FileOrphans.batch
        while count == FileOrphans.batch {
            count = try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
                try await lease.run(
                    """
                    DELETE FROM core.file_orphans
                    WHERE path = ANY(ARRAY(
                        SELECT o.path
                        FROM core.file_orphans AS o
                        WHERE o.last_seen_at < \(now)
                        LIMIT \(FileOrphans.batch)))
                    """
                ).affected
            }
        }
    }

    /// Those of which a row knows.
    private func findKnown(_ addresses: [ContentAddress], _ lease: Lease) async throws -> Set<ContentAddress> {
        var known: Set<ContentAddress> = []
        for (tenant, group) in Dictionary(grouping: addresses, by: \.tenant) {
            let result = try await lease.run(
                """
                SELECT object
                FROM core.file_contents
                WHERE tenant_id = \(tenant) AND object = ANY(\(group.map { ID<Void>($0.object) }))
                """)
            let objects = Set(try result.rows.map { try $0.get("object", as: ID<Void>.self).uuid })
            known.formUnion(group.filter { objects.contains($0.object) })
        }
        return known
    }
}
