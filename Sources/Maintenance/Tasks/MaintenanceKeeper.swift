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
    /// How many rows of a kind one transaction removes.
    private static let batch = 5000
    /// How many transactions one run has at most; the next run goes on.
    private static let steps = 2000
    /// How often one run tries to drop a leaf that somebody reads, and how long it leaves others alone in between; the
    /// next run tries again.
    private static let rounds = 5
    private static let pause: Duration = .milliseconds(500)
    /// How long one step may take.
    private static let timeout: Duration = .seconds(300)

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
            try await ledger.runIfDue(.maintenance) { try await sweep() }
        }
    }

    /// Does all that is due now, each step in a transaction of its own, so that none holds up others for long.
    ///
    /// - Returns: how much of what: `{"partitions_made", "partitions_dropped", "partitions_busy", "removed":
    ///   {"sessions": 12}}`; busy are old ones that stay because somebody reads them.
    /// - Throws: `PartitionsMissing`, after all the rest is done.
    @discardableResult
    package func sweep() async throws -> JSONValue {
        var report = MaintenanceReport()
        report.made = try await run("SELECT core.ensure_partitions(3)::int8 AS made").first?.get("made") ?? 0
        let missing = try await run("SELECT core.partitions_missing(3) AS parent").rows.map {
            try $0.get("parent", as: String.self)
        }
        try await cleanUp(&report)
        try await dropPartitions(&report)
        // Said last: tables whose partitions cannot be made keep no others from being looked after.
        guard missing.isEmpty else { throw PartitionsMissing(parents: missing) }
        return report.value
    }

    private func cleanUp(_ report: inout MaintenanceReport) async throws {
        for _ in 0..<MaintenanceKeeper.steps {
            let step = try await run(
                "SELECT kind, removed FROM core.cleanup_old_data(\(MaintenanceKeeper.batch)::int4)")
            var isDone = true
            for row in step.rows {
                let count = try row.get("removed", as: Int64.self)
                report.add(count, of: try row.get("kind", as: String.self))
                if count >= MaintenanceKeeper.batch { isDone = false }
            }
            if isDone { return }
        }
    }

    private func dropPartitions(_ report: inout MaintenanceReport) async throws {
        for round in 0..<MaintenanceKeeper.rounds {
            if round > 0 { try await Task.sleep(for: MaintenanceKeeper.pause) }
            var busy: [String] = []
            while let next = try await run("SELECT leaf, is_dropped FROM core.drop_old_partition(\(busy))").first {
                if try next.get("is_dropped", as: Bool.self) {
                    report.dropped += 1
                } else {
                    busy.append(try next.get("leaf", as: String.self))
                }
            }
            report.busy = Int64(busy.count)
            if busy.isEmpty { return }
        }
    }

    private func run(_ statement: SQL) async throws -> ResultSet {
        try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
            try await lease.transaction { lease in
                try await lease.run(.statementLimit(within: MaintenanceKeeper.timeout))
                return try await lease.run(statement, timeout: MaintenanceKeeper.timeout)
            }
        }
    }
}

/// Tables do not reach as far as they should; the server's log says why.
package struct PartitionsMissing: Error, CustomStringConvertible {
    /// Such as `core.events`.
    package let parents: [String]

    package var description: String {
        "partitions of \(parents.joined(separator: ", ")) could not be made; the server's log says why"
    }
}

/// What the steps of one run did together.
struct MaintenanceReport {
    var made: Int64 = 0
    var dropped: Int64 = 0
    /// Leaves that were not dropped because somebody reads them.
    var busy: Int64 = 0
    private var removed: [String: Int64] = [:]

    mutating func add(_ count: Int64, of kind: String) {
        if count > 0 { removed[kind, default: 0] += count }
    }

    var value: JSONValue {
        [
            "partitions_made": .integer(made), "partitions_dropped": .integer(dropped),
            "partitions_busy": .integer(busy),
            "removed": .object(removed.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }),
        ]
    }
}
