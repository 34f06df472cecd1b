package import Foundation
package import PluginKit
package import Postgres
package import Tenancy

/// The jobs of one module, as a worker sees them.
package struct JobQueue: Sendable {
    package let module: ModuleName
    let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `worker`.
    package init(module: ModuleName, pipeline: PipelineConnection) {
        self.module = module
        self.pipeline = pipeline
    }

    /// What a claim came to.
    package enum Claim: Sendable {
        case jobs([ClaimedJob])
        /// There is nothing that may begin.
        case nothing
        /// Somebody else claimed at the same moment.
        case outrun
    }

    /// Takes jobs that may begin now, in fair turns.
    ///
    /// - Parameters:
    ///   - slots: how many at most.
    ///   - owed: what the lanes are to be charged for jobs that have ended.
    /// - Throws: `DatabaseError`.
    package func claim(_ slots: Int, for worker: UUID, settling owed: [TenantID: JobTally.Entry]) async throws -> Claim
    {
        let (revision, clock, lanes) = try await lanes(for: slots, owed)
        var share = FairShare(clock: clock)
        let turns = share.deal(slots, to: lanes)
        guard !turns.isEmpty else { return .nothing }
        let result = try await pipeline.run([take(turns, share.clock, revision, worker, owed)])[0]
        guard result.count > 0 else { return .outrun }
        return .jobs(try result.rows.map(ClaimedJob.init))
    }

    /// Brings what is due to where it is claimed, and reads the lanes that are first.
    private func lanes(
        for slots: Int, _ owed: [TenantID: JobTally.Entry]
    ) async throws -> (revision: Int64, clock: Double, lanes: [FairShare.Lane]) {
        let module = module.description
        let results = try await pipeline.run([
            promoted, "SELECT revision, virtual_time FROM core.job_queues WHERE module = \(module)", lanes(slots),
        ])
        guard let queue = results[1].first else { return (0, 0, []) }
        let lanes = try results[2].rows.map { row in
            let tenant = try row.get("tenant_id", as: TenantID.self)
            let weight = try row.get("weight", as: Double.self)
            let settled = owed[tenant]
            return FairShare.Lane(
                tenant: tenant,
                virtualTime: try row.get("virtual_time", as: Double.self) + (settled?.excess ?? 0) / max(weight, 0.001),
                weight: weight, cost: try settled?.cost ?? row.get("cost_ms"), ready: try row.get("ready"),
                room: try row.get("room"), tokens: try row.get("tokens"))
        }
        return (try queue.get("revision"), try queue.get("virtual_time"), lanes)
    }

    /// What waited and whose time has come.
    private var promoted: SQL {
        """
        WITH due AS (
            DELETE FROM core.jobs_waiting
            WHERE ctid = ANY (ARRAY(
                SELECT w.ctid
                FROM core.jobs_waiting AS w
                WHERE w.module = \(module.description) AND w.run_at <= clock_timestamp() AND w.run_at < 'infinity'
                ORDER BY w.run_at
                LIMIT 500))
            RETURNING *
        )
        INSERT INTO core.jobs_ready (\(JobQueue.columns))
        SELECT \(JobQueue.columns)
        FROM due
        """
    }

    /// The lanes with work, each found by one step along the index: what it costs grows with them and not with their
    /// jobs. Tenants that are suspended, or have the module off, keep their jobs where they are.
    private func lanes(_ slots: Int) -> SQL {
        let module = module.description
        return """
            WITH RECURSIVE steps AS (
                (SELECT r.tenant_id FROM core.jobs_ready AS r WHERE r.module = \(module) ORDER BY r.tenant_id LIMIT 1)
                UNION ALL
                SELECT (
                    SELECT r.tenant_id
                    FROM core.jobs_ready AS r
                    WHERE r.module = \(module) AND r.tenant_id > steps.tenant_id
                    ORDER BY r.tenant_id
                    LIMIT 1)
                FROM steps
                WHERE steps.tenant_id IS NOT NULL
            ), running AS (
                SELECT r.tenant_id, count(*) AS jobs
                FROM core.jobs_running AS r
                WHERE r.module = \(module)
                GROUP BY r.tenant_id
            ), lanes AS MATERIALIZED (
                SELECT
                    s.tenant_id,
                    COALESCE(lane.virtual_time, 0) AS virtual_time,
                    COALESCE(lane.cost_ms, 10) AS cost_ms,
                    COALESCE(((p.limits || t.limits) ->> 'job_weight')::float8, 1) AS weight,
                    COALESCE(((p.limits || t.limits) ->> 'jobs_running')::int8, 1000000) - COALESCE(running.jobs, 0) AS room,
                    -- A bucket holds what ten seconds bring, and at least one; without a limit there is none.
                    CASE WHEN rate.per_second IS NOT NULL THEN least(
                        greatest(rate.per_second * 10, 1),
                        COALESCE(lane.tokens, greatest(rate.per_second * 10, 1))
                            + EXTRACT(epoch FROM clock_timestamp() - COALESCE(lane.filled_at, clock_timestamp()))::float8
                            * rate.per_second) END AS tokens
                FROM steps AS s
                JOIN core.tenants AS t ON t.id = s.tenant_id AND t.status = 'active'
                JOIN core.plans AS p ON p.id = t.plan
                LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = t.id AND switch.module_id = \(module)
                LEFT JOIN core.job_lanes AS lane ON lane.tenant_id = t.id AND lane.module = \(module)
                LEFT JOIN running ON running.tenant_id = t.id
                CROSS JOIN LATERAL (
                    SELECT ((p.limits || t.limits) ->> 'jobs_per_minute')::float8 / 60 AS per_second
                ) AS rate
                WHERE COALESCE(switch.enabled, true)
                  AND NOT EXISTS (SELECT FROM core.plugin_pauses AS pause WHERE pause.module_id = \(module))
            ), first AS (
                SELECT *
                FROM lanes
                WHERE room > 0 AND COALESCE(tokens, 1) >= 1
                ORDER BY virtual_time
                LIMIT \(slots)
            )
            SELECT first.*, (
                SELECT count(*)
                FROM (
                    SELECT
                    FROM core.jobs_ready AS r
                    WHERE r.module = \(module) AND r.tenant_id = first.tenant_id
                    LIMIT \(slots)
                ) AS counted
            ) AS ready
            FROM first
            """
    }

    private func take(
        _ turns: [FairShare.Turn], _ clock: Double, _ revision: Int64, _ worker: UUID,
        _ owed: [TenantID: JobTally.Entry]
    ) -> SQL {
        let module = module.description
        return """
            WITH turn AS MATERIALIZED (
                UPDATE core.job_queues
                SET revision = revision + 1, virtual_time = \(clock)
                WHERE module = \(module) AND revision = \(revision)
                RETURNING module
            ), plan AS MATERIALIZED (
                SELECT given.tenant_id, given.jobs, given.charge / 1000.0::float8 AS charge,
                       given.reached / 1000.0::float8 AS reached,
                       CASE WHEN given.left_over >= 0 THEN given.left_over / 1000.0::float8 END AS tokens
                FROM turn
                CROSS JOIN unnest(
                    \(turns.map(\.tenant)), \(turns.map { Int64($0.count) }), \(turns.map { Int64($0.charge * 1000) }),
                    \(turns.map { Int64($0.virtualTime * 1000) }), \(turns.map { Int64(($0.tokens ?? -1) * 1000) })
                ) AS given (tenant_id, jobs, charge, reached, left_over)
            ), charged AS (
                INSERT INTO core.job_lanes AS lane (tenant_id, module, virtual_time, cost_ms, tokens)
                SELECT plan.tenant_id, \(module), plan.reached, plan.charge, plan.tokens
                FROM plan
                ON CONFLICT (tenant_id, module) DO UPDATE
                SET virtual_time = EXCLUDED.virtual_time, cost_ms = EXCLUDED.cost_ms, tokens = EXCLUDED.tokens,
                    filled_at = clock_timestamp()
            ), taken AS (
                DELETE FROM core.jobs_ready
                WHERE ctid = ANY (ARRAY(
                    SELECT head.ctid
                    FROM plan
                    CROSS JOIN LATERAL (
                        SELECT r.ctid
                        FROM core.jobs_ready AS r
                        WHERE r.module = \(module) AND r.tenant_id = plan.tenant_id
                        ORDER BY r.priority, r.id
                        LIMIT plan.jobs
                    ) AS head))
                RETURNING *
            )
            INSERT INTO core.jobs_running (\(JobQueue.columns), worker_id, lease, charged_ms)
            SELECT
                t.tenant_id, t.id, t.module, t.kind, t.priority, t.payload, t.max_attempts, t.timeout_ms, t.attempt + 1,
                t.failures, t.steps, t.chain, t.place, t.unique_key, t.root, t.depth, t.trace, t.enqueued_at, \(worker),
                gen_random_uuid(), plan.charge
            FROM taken AS t
            JOIN plan ON plan.tenant_id = t.tenant_id
            RETURNING id, tenant_id, kind, payload, attempt, timeout_ms, steps, lease, charged_ms, trace
            """
    }

    /// The columns that a job has wherever it lies.
    static let columns: SQL = """
        tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, attempt, failures, steps, chain, place,
        unique_key, root, depth, trace, enqueued_at
        """

    /// An attempt did not succeed.
    ///
    /// - Parameters:
    ///   - retry: when the next attempt may begin; nil when none can help.
    ///   - counts: whether the attempt is one of those the job has; else it is ready again at once.
    /// - Returns: whether the job was still this worker's.
    @discardableResult
    package func fail(_ job: ClaimedJob, _ failure: JobFailure, retry: Duration?, counts: Bool = true) async throws
        -> Bool
    {
        let seconds = retry.map { $0 / .seconds(1) }
        let result = try await pipeline.run([
            """
            SELECT core.fail_job(
                \(job.tenant), \(job.id), \(job.lease), \(failure.document),
                make_interval(secs => \(seconds)::float8), \(counts)) AS was_ours
            """
        ])[0]
        return try result.first?.get("was_ours") ?? false
    }
}

/// What went wrong in an attempt.
package struct JobFailure: Hashable, Sendable {
    /// A stable word: `timeout`, `worker_lost`, `refused`, a problem's code, or the type of the error.
    package let code: String
    /// For whoever looks at it.
    package let detail: String

    package init(code: String, detail: String) {
        // PostgreSQL keeps no NUL, and what cannot be noted would be tried for ever.
        self.code = String(code.replacing("\0", with: "").prefix(100))
        self.detail = String(detail.replacing("\0", with: "").prefix(2000))
    }

    var document: JSONValue { ["code": .string(code), "error": .string(detail)] }
}
