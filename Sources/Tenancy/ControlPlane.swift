package import Logging
internal import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Synchronization

/// Keeps `ControlState` of this process within 250 ms of the database: suspended tenants, switched modules,
/// ended logins, changed roles.
///
/// It polls one row instead of listening, because NOTIFY takes a cluster-wide lock at commit.
package final class ControlPlane: Service {
    /// The longest time between a change's commit and its effect here, while the database answers.
    package static let interval: Duration = .milliseconds(250)
    /// How long a token may outlive what it was issued for; older revocations are forgotten.
    private static let memory: Duration = .seconds(-1200)

    private let state = Mutex(ControlState())
    private let lastSuccess = Mutex(ContinuousClock.Instant?.none)
    private let pipeline: PipelineConnection
    private let leases: LeasePool?
    private let sessionKeys: SessionKeys
    private let logger: Logger

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - leases: from which a connection is taken to read all tenants, because with many that takes longer than a
    ///     statement of the pipeline may; nil reads them over the pipeline.
    ///   - sessionKeys: told of every turn of the keys.
    package init(
        pipeline: PipelineConnection, leases: LeasePool? = nil, sessionKeys: SessionKeys, logger: Logger
    ) {
        self.pipeline = pipeline
        self.leases = leases
        self.sessionKeys = sessionKeys
        self.logger = logger
    }

    /// Reads something of the current state.
    package func read<Value: Sendable>(_ body: (borrowing ControlState) -> Value) -> Value {
        state.withLock { body($0) }
    }

    /// Whether the state is known and not older than five seconds.
    package var isFresh: Bool {
        lastSuccess.withLock { $0.map { $0.duration(to: .now) < .seconds(5) } ?? false }
    }

    /// Reads all tenants; before the first request is let in.
    package func load() async throws {
        let fresh = try await readAll()
        state.withLock { $0 = fresh }
        lastSuccess.withLock { $0 = .now }
    }

    private func readAll() async throws -> ControlState {
        let results = try await readWhole(
            [
                "SELECT revision FROM core.control",
                """
                SELECT t.id, t.slug, t.status, t.is_test, p.limits || t.limits AS limits, \(ControlPlane.hosts) AS hosts
                FROM core.tenants t
                JOIN core.plans p ON p.id = t.plan
                """,
                "SELECT tenant_id, module_id, enabled, settings FROM core.tenant_modules",
                "SELECT tenant_id, id, permissions FROM core.roles",
                "SELECT id, signs_from, ends_at FROM core.token_keys ORDER BY signs_from",
                """
                SELECT kind, tenant_id, subject, at
                FROM core.changes
                WHERE kind IN ('session', 'profile', 'customer')
                  AND at > \(Timestamp.now().advanced(by: ControlPlane.memory))
                """,
                ControlPlane.pauses,
                ControlPlane.turns,
            ])
        sessionKeys.set(try ControlPlane.sessionKeyTurns(results[7]))
        var fresh = ControlState(readAt: try results[0].first?.get("revision", as: Int64.self) ?? 0)
        let details = try TenantDetails(switches: results[2], roles: results[3])
        for row in results[1].rows { try fresh.setTenant(row, details) }
        fresh.tokenKeys = try ControlPlane.tokenKeys(results[4])
        for row in results[5].rows { try fresh.apply(row) }
        fresh.pausedPlugins = try ControlPlane.pausedPlugins(results[6])
        return fresh
    }

    /// Runs statements that read whole tables.
    private func readWhole(_ statements: [SQL]) async throws -> [ResultSet] {
        guard let leases else { return try await pipeline.run(statements, isReplayable: true) }
        return try await leases.withLease(as: KernelRole.auth.loginRole) { try await $0.run(statements) }
    }

    /// Reads what changed since the last time.
    package func refresh() async throws {
        while try await !applyChanges() {}
    }

    /// Reads and applies what changed; false when there is more, or when somebody else applied other changes meanwhile,
    /// so that what was read here may be older than what is known.
    private func applyChanges() async throws -> Bool {
        let known = state.withLock { $0.revision }
        let results = try await pipeline.run(
            [
                "SELECT revision FROM core.control",
                """
                SELECT revision, kind, tenant_id, subject, at
                FROM core.changes
                WHERE revision > \(known)
                ORDER BY revision
                LIMIT 1000
                """,
            ], isReplayable: true)
        let current = try results[0].first?.get("revision", as: Int64.self) ?? 0
        let changes = results[1]
        let last = try changes.isEmpty ? known : changes[changes.count - 1].get("revision", as: Int64.self)
        // Each change has the number after the one before: others are gone from the log, or the database is an older one.
        guard last == known + Int64(changes.count), current >= known, current == known || last > known else {
            return try await startAfresh(from: known, to: current)
        }
        if !changes.isEmpty {
            guard try await apply(changes, after: known, through: last) else { return false }
        }
        lastSuccess.withLock { $0 = .now }
        return last >= current
    }

    /// Reads all tenants anew, because the changes do not lead on from what is known; false when that was replaced
    /// meanwhile.
    private func startAfresh(from known: Int64, to current: Int64) async throws -> Bool {
        logger.warning(
            "changes are missing; all tenants are read anew",
            metadata: ["known": "\(known)", "current": "\(current)"])
        let fresh = try await readAll()
        let isReplaced = state.withLock { state in
            guard state.revision == known else { return false }
            state = fresh
            return true
        }
        if isReplaced { lastSuccess.withLock { $0 = .now } }
        return isReplaced
    }

    /// Reads what the changes touched, and takes it over; false when somebody else took over other changes meanwhile.
    private func apply(_ changes: ResultSet, after known: Int64, through revision: Int64) async throws -> Bool {
        let touched = Set(try changes.rows.compactMap { try $0.get("tenant_id", as: TenantID?.self) })
        let tenants = try await pipeline.run(
            [
                """
                SELECT t.id, t.slug, t.status, t.is_test, p.limits || t.limits AS limits, \(ControlPlane.hosts) AS hosts
                FROM core.tenants t
                JOIN core.plans p ON p.id = t.plan
                WHERE t.id = ANY(\(Array(touched)))
                """,
                "SELECT tenant_id, module_id, enabled, settings FROM core.tenant_modules WHERE tenant_id = ANY(\(Array(touched)))",
                "SELECT tenant_id, id, permissions FROM core.roles WHERE tenant_id = ANY(\(Array(touched)))",
                "SELECT id, signs_from, ends_at FROM core.token_keys ORDER BY signs_from",
                ControlPlane.pauses,
                ControlPlane.turns,
            ], isReplayable: true)
        sessionKeys.set(try ControlPlane.sessionKeyTurns(tenants[5]))
        let details = try TenantDetails(switches: tenants[1], roles: tenants[2])
        let tokenKeys = try ControlPlane.tokenKeys(tenants[3])
        let pausedPlugins = try ControlPlane.pausedPlugins(tenants[4])
        return try state.withLock { state in
            guard state.revision == known else { return false }
            for tenant in touched { state.set(tenant, nil) }
            for row in tenants[0].rows { try state.setTenant(row, details) }
            state.tokenKeys = tokenKeys
            state.pausedPlugins = pausedPlugins
            for row in changes.rows { try state.apply(row) }
            state.revision = revision
            state.prune(before: Timestamp.now().advanced(by: ControlPlane.memory))
            return true
        }
    }

    package func run() async throws {
        await untilShutdown(
            every: ControlPlane.interval, failing: "changes could not be read", level: .warning, logger: logger
        ) { [self] in
            try await refresh()
        }
    }
}
