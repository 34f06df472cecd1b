package import Logging
package import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Synchronization
internal import Tenancy

/// How jobs stand, counted now and then for the metrics, by module and tenant; by one process for all.
package final class JobCensus: Service {
    /// One lane at the last count.
    private struct Lane: Sendable {
        let labels: MetricLabels
        let ready: Int
        let running: Int
        let waiting: Int
        let dead: Int
        /// Seconds that the oldest ready job has been there.
        let age: Double
    }

    /// What attempts came to since the installation began, by module and outcome.
    private struct Total: Sendable {
        let labels: MetricLabels
        let attempts: Int
        let seconds: Double
    }

    /// What was counted last.
    private struct Count: Sendable {
        var lanes: [Lane] = []
        var totals: [Total] = []
        var at = ContinuousClock.now
    }

    private static let interval: Duration = .seconds(10)
    /// Lanes with fewer jobs than these are not shown one by one.
    private static let shown = 200

    private let leases: LeasePool
    private let shared: SharedCensus
    private let logger: Logger
    private let last = Mutex(Count())

    /// - Parameters:
    ///   - pipeline: of the kernel's role `worker`.
    ///   - leases: for the counting, which takes long where there are many jobs.
    package init(pipeline: PipelineConnection, leases: LeasePool, in registry: MetricRegistry, logger: Logger) {
        self.leases = leases
        shared = SharedCensus(.jobs, pipeline: pipeline)
        self.logger = logger
        add("ready", "Jobs that could begin now.", to: registry) { Double($0.ready) }
        add("running", "Jobs that have begun.", to: registry) { Double($0.running) }
        add("waiting", "Jobs whose time or turn has not come.", to: registry) { Double($0.waiting) }
        add("dead", "Jobs that no attempt is left for.", to: registry) { Double($0.dead) }
        add("oldest_ready_seconds", "How long the oldest job waits that could begin.", to: registry) { $0.age }
        registry.add(
            "romashka_jobs_attempts_total", .counter,
            help: "Attempts of jobs that have ended, of all workers. Counted every ten seconds."
        ) { [self] writer in
            for total in current.totals { writer.sample(total.attempts, total.labels) }
        }
        registry.add(
            "romashka_jobs_attempts_seconds_total", .counter,
            help: "How long those attempts took together. Counted every ten seconds."
        ) { [self] writer in
            for total in current.totals { writer.sample(seconds: total.seconds, total.labels) }
        }
    }

    private func add(
        _ name: String, _ help: String, to registry: MetricRegistry, _ value: @escaping @Sendable (Lane) -> Double
    ) {
        registry.add("romashka_jobs_\(name)", .gauge, help: "\(help) Counted every ten seconds.") { [self] writer in
            for lane in current.lanes { writer.sample(seconds: value(lane), lane.labels) }
        }
    }

    /// What was counted last, as long as it says how jobs stand.
    private var current: Count {
        let count = last.withLock { $0 }
        return count.at.duration(to: .now) < JobCensus.interval * SharedCensus.patience ? count : Count()
    }

    package func run() async throws {
        await untilShutdown(
            every: JobCensus.interval, failing: "jobs could not be counted", level: .warning, logger: logger
        ) {
            try await self.count()
        }
    }

    private func count() async throws {
        // A little less, so that whoever comes first does not find its own count too young.
        let answer = try await shared.answer(noOlderThan: JobCensus.interval - .seconds(1)) { try await ask() }
        let totals = (answer["totals"]?.array ?? []).map { total in
            Total(
                labels: ["module": total["module"]?.string ?? "", "outcome": total["outcome"]?.string ?? ""],
                attempts: Int(total["attempts"]?.integer ?? 0),
                seconds: Double(total["busy_ms"]?.integer ?? 0) / 1000)
        }
        let now = Timestamp.now().microseconds
        let lanes = (answer["lanes"]?.array ?? []).prefix(JobCensus.shown).map { lane in
            func number(_ name: String) -> Int { Int(lane[name]?.integer ?? 0) }
            return Lane(
                labels: ["module": lane["module"]?.string ?? "", "tenant": lane["tenant_id"]?.string ?? ""],
                ready: number("ready"), running: number("running"), waiting: number("waiting"), dead: number("dead"),
                age: lane["oldest_ready"]?.integer.map { max(0, Double(now - $0) / 1_000_000) } ?? 0)
        }
        last.withLock { $0 = Count(lanes: lanes, totals: totals) }
    }

    /// The lanes with the most jobs, and the totals. Of lanes that are parked no job is late.
    private func ask() async throws -> JSONValue {
        let result = try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
            try await lease.run(
                """
                SELECT jsonb_build_object(
                    'lanes', (
                        SELECT COALESCE(jsonb_agg(jsonb_build_object(
                                   'module', l.module, 'tenant_id', l.tenant_id, 'ready', l.ready, 'running', l.running,
                                   'waiting', l.waiting, 'dead', l.dead,
                                   'oldest_ready', CASE WHEN NOT core.is_parked(l.tenant_id, l.module) THEN
                                       (EXTRACT(epoch FROM l.oldest_ready_at) * 1000000)::int8 END)), '[]')
                        FROM (\(JobDesk.census)) AS l),
                    'totals', (
                        SELECT COALESCE(jsonb_agg(to_jsonb(t)), '[]')
                        FROM (SELECT module, outcome, attempts, busy_ms
                              FROM core.job_totals ORDER BY module, outcome LIMIT 1000) AS t)) AS answer
                """)
        }
        return try result.first?.get("answer", as: JSONValue.self) ?? .null
    }
}
