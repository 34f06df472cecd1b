package import Logging
package import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Synchronization

/// How jobs stand, counted now and then for the metrics, by module and tenant.
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

    private static let interval: Duration = .seconds(10)
    /// Lanes with fewer jobs than these are not shown one by one.
    private static let shown = 200

    private let pipeline: PipelineConnection
    private let logger: Logger
    private let lanes = Mutex<[Lane]>([])
    /// What attempts came to since the installation began.
    private let totals = Mutex<[(labels: MetricLabels, attempts: Int, seconds: Double)]>([])

    /// - Parameter pipeline: of the kernel's role `worker`.
    package init(pipeline: PipelineConnection, in registry: MetricRegistry, logger: Logger) {
        self.pipeline = pipeline
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
            for total in totals.withLock({ $0 }) { writer.sample(total.attempts, total.labels) }
        }
        registry.add(
            "romashka_jobs_attempts_seconds_total", .counter,
            help: "How long those attempts took together. Counted every ten seconds."
        ) { [self] writer in
            for total in totals.withLock({ $0 }) { writer.sample(seconds: total.seconds, total.labels) }
        }
    }

    private func add(
        _ name: String, _ help: String, to registry: MetricRegistry, _ value: @escaping @Sendable (Lane) -> Double
    ) {
        registry.add("romashka_jobs_\(name)", .gauge, help: "\(help) Counted every ten seconds.") { [self] writer in
            for lane in lanes.withLock({ $0 }) { writer.sample(seconds: value(lane), lane.labels) }
        }
    }

    package func run() async throws {
        await untilShutdown(
            every: JobCensus.interval, failing: "jobs could not be counted", level: .warning, logger: logger
        ) {
            try await self.count()
        }
    }

    private func count() async throws {
        let results = try await pipeline.run(
            [
                JobDesk.census,
                "SELECT module, outcome, attempts, busy_ms FROM core.job_totals ORDER BY module, outcome LIMIT 1000",
            ], isReplayable: true)
        let summed = try results[1].rows.map { row in
            let labels: MetricLabels = [
                "module": try row.get("module", as: String.self), "outcome": try row.get("outcome", as: String.self),
            ]
            return (
                labels: labels, attempts: try row.get("attempts", as: Int.self),
                seconds: Double(try row.get("busy_ms", as: Int.self)) / 1000
            )
        }
        totals.withLock { $0 = summed }
        let result = results[0]
        let now = Timestamp.now()
        let counted = try result.rows.prefix(JobCensus.shown).map { row in
            let oldest = try row.get("oldest_ready_at", as: Timestamp?.self)
            return Lane(
                labels: [
                    "module": try row.get("module", as: String.self),
                    "tenant": try row.get("tenant_id", as: TenantID.self).description,
                ],
                ready: try row.get("ready"), running: try row.get("running"), waiting: try row.get("waiting"),
                dead: try row.get("dead"),
                age: oldest.map { Double(now.microseconds - $0.microseconds) / 1_000_000 } ?? 0)
        }
        lanes.withLock { $0 = counted }
    }
}
