package import Logging
internal import Observability
package import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Tenancy

/// Does the scheduled maintenance once an hour, in one process at a time: partitions of the coming months and days,
/// and whatever is older than it is kept.
package struct MaintenanceKeeper: Service {
    /// How often it looks whether somebody has asked for it.
    private static let interval: Duration = .seconds(5)
    private static let lease: Duration = .seconds(1800)
    /// How many rows of a kind one transaction removes.
    private static let batch = 5000
    /// How many transactions one run has at most; the next run goes on.
    private static let steps = 2000

    private let ledger: MaintenanceLedger
    private let leases: LeasePool
    private let logger: Logger

    package init(_ ledger: MaintenanceLedger, leases: LeasePool, logger: Logger) {
        self.ledger = ledger
        self.leases = leases
        self.logger = logger
    }

    package func run() async throws {
        await untilShutdown(
            every: MaintenanceKeeper.interval, failing: "the scheduled maintenance failed", logger: logger
        ) {
            try await ledger.runIfDue(.maintenance, lease: MaintenanceKeeper.lease) { try await sweep() }
        }
    }

    /// Does all that is due now.
    ///
    /// - Returns: how much of what: `{"partitions_made", "partitions_dropped", "removed": {"sessions": 12}}`.
    @discardableResult
    package func sweep() async throws -> JSONValue {
        var total = MaintenanceReport()
        for _ in 0..<MaintenanceKeeper.steps {
            // Each step is a transaction of its own, so that none holds up others for long.
            let step = try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
                try await lease.run(
                    "SELECT core.run_scheduled_maintenance(\(MaintenanceKeeper.batch)::int4) AS report",
                    timeout: .seconds(300)
                ).first?.get("report", as: JSONValue.self)
            }
            guard let step else { break }
            total.add(step)
            if step["is_done"]?.bool ?? true { break }
        }
        return total.value
    }
}

/// What the steps of one run did together.
struct MaintenanceReport {
    private var made: Int64 = 0
    private var dropped: Int64 = 0
    private var removed: [String: Int64] = [:]

    /// Adds the answer of `core.run_scheduled_maintenance`.
    mutating func add(_ step: JSONValue) {
        made += step["partitions_made"]?.integer ?? 0
        dropped += step["partitions_dropped"]?.integer ?? 0
        for member in step["removed"]?.members ?? [] { removed[member.name, default: 0] += member.value.integer ?? 0 }
    }

    var value: JSONValue {
        [
            "partitions_made": .integer(made), "partitions_dropped": .integer(dropped),
            "removed": .object(removed.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }),
        ]
    }
}
