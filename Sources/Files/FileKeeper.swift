package import Logging
internal import Observability
package import PluginKit
package import Postgres
internal import ServiceLifecycle

/// Removes once a day what crashes left: contents that no row knows, and uploads that never ended. Closes the store
/// after everything that uses it has stopped.
package struct FileKeeper: Service {
    /// How often it looks, and how old something must be to be taken for left: far older than any upload under way.
    private static let age: Duration = .seconds(86_400)
    /// How long a content stays that no row knows, from when this database first noted that. A database that was
    /// restored, or a copy of one, knows nothing of what came after it and may be tried out on the same store: a week
    /// is for whoever does so to come back to the other one.
    private static let patience: Duration = .seconds(7 * 86_400)

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

    /// Notes what no row knows, and removes what has been noted for long enough.
    ///
    /// - Parameter now: what the ages are counted from.
    /// - Returns: how many contents were removed.
    @discardableResult
    package func sweep(now: Timestamp = .now()) async throws -> Int {
        guard let store else { return 0 }
        let limit = now.advanced(by: .zero - FileKeeper.age)
        let orphans = FileOrphans(leases: leases, now: now)
        var removed = 0
        try await store.spool.sweep(before: limit)
        try await store.forEach(of: nil, before: limit) { addresses in
            let left = try await orphans.note(addresses, before: now.advanced(by: .zero - FileKeeper.patience))
            for address in left {
                try await store.remove(address)
                removed += 1
            }
            try await orphans.strike(left)
        }
        try await orphans.strikeUnseen()
        return removed
    }
}
