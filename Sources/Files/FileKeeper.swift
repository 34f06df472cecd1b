internal import Foundation
package import Logging
internal import Observability
package import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Tenancy

/// Removes once a day what crashes left: contents that no row knows, and uploads that never ended. Closes the store
/// after everything that uses it has stopped.
package struct FileKeeper: Service {
    /// How old something must be to be taken for left: far older than any upload under way.
    private static let age: Duration = .seconds(86_400)

    private let store: (any FileStore)?
    private let leases: LeasePool
    private let logger: Logger

    package init(_ files: TenantFiles, leases: LeasePool, logger: Logger) {
        store = files.store
        self.leases = leases
        self.logger = logger
    }

    package func run() async throws {
        await untilShutdown(
            every: FileKeeper.age, failing: "files that nobody has could not be removed", logger: logger
        ) {
            try await sweep()
        }
        await store?.close()
    }

    /// Removes it now.
    ///
    /// - Parameter now: what the age is counted from.
    /// - Returns: how many contents were removed.
    @discardableResult
    package func sweep(now: Timestamp = .now()) async throws -> Int {
        guard let store else { return 0 }
        let limit = now.advanced(by: .zero - FileKeeper.age)
        var removed = 0
        try await store.spool.sweep(before: limit)
        try await store.forEach(of: nil, before: limit) { addresses in
            for address in try await unknown(addresses) {
                try await store.remove(address)
                removed += 1
            }
        }
        return removed
    }

    /// Those of which no row knows.
    private func unknown(_ addresses: [ContentAddress]) async throws -> [ContentAddress] {
        let known = try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
            var known: Set<UUID> = []
            for (tenant, group) in Dictionary(grouping: addresses, by: \.tenant) {
                let result = try await lease.run(
                    """
                    SELECT object
                    FROM core.file_contents
                    WHERE tenant_id = \(tenant) AND object = ANY(\(group.map { ID<Void>($0.object) }))
                    """)
                for row in result.rows { known.insert(try row.get("object", as: ID<Void>.self).uuid) }
            }
            return known
        }
        return addresses.filter { !known.contains($0.object) }
    }
}
