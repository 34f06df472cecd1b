package import PluginKit
package import Postgres
internal import Tenancy

/// Jobs as people look after them: lists, what went wrong, run again, take out.
package struct JobDesk: Sendable {
    private let pipeline: PipelineConnection
    private let leases: LeasePool

    /// - Parameters:
    ///   - pipeline: of the kernel's role `worker`.
    ///   - leases: for what takes long where there are many jobs, so that nobody else waits for it.
    package init(pipeline: PipelineConnection, leases: LeasePool) {
        self.pipeline = pipeline
        self.leases = leases
    }

    /// Where a job may lie.
    package static let states = JobPayload.states

    /// What a list is narrowed to.
    package struct Filter: Sendable {
        package var state: String?
        package var module: String?
        package var kind: String?

        package init(state: String? = nil, module: String? = nil, kind: String? = nil) {
            self.state = state
            self.module = module
            self.kind = kind
        }
    }

    /// A tenant's jobs, newest first.
    package func list(of tenant: TenantID, _ filter: Filter, _ page: PageRequest) async throws -> Page<JobPayload> {
        let before = page.after(0, or: ID<JobSubject>(.last))
        // What a filter leaves out is read all the same.
        let result = try await leases.readForCaller(as: .worker, for: tenant) { lease in
            try await lease.run(
                """
                SELECT id, state, module, kind, attempt, enqueued_at, run_at, finished_at, last_error
                FROM (\(JobDesk.everywhere(tenant, "id < \(before)", filter, limit: page.fetchCount))) AS jobs
                ORDER BY id DESC
                LIMIT \(page.fetchCount)
                """)
        }
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// One job with all that is known of it.
    ///
    /// - Throws: `Problem.notFound`.
    package func find(_ id: ID<JobSubject>, of tenant: TenantID) async throws -> Resource<JobDetail> {
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT *
                FROM (\(JobDesk.everywhere(tenant, "id = \(id)", Filter(), limit: 1))) AS jobs
                LIMIT 1
                """
            ], isReplayable: true)[0]
        return try Resource(result)
    }

    /// Runs a dead letter again, or one that waits at once; its attempts begin anew.
    ///
    /// - Throws: `Problem.notFound`; 409 `job_not_waiting` for one that is neither.
    package func retry(_ id: ID<JobSubject>, of tenant: TenantID) async throws -> Resource<JobDetail> {
        let result = try await pipeline.runForCaller([
            """
            WITH dead AS (
                DELETE FROM core.jobs_dead
                WHERE tenant_id = \(tenant) AND id = \(id)
                RETURNING *
            ), again AS (
                \(JobDesk.again)
            ), hastened AS (
                UPDATE core.jobs_waiting
                SET run_at = clock_timestamp()
                WHERE tenant_id = \(tenant) AND id = \(id) AND run_at < 'infinity'
                RETURNING id
            )
            SELECT core.tell(\(tenant), 'job.retried', changed.id, 'jobs.read', '{}') AS event_id
            FROM (SELECT id FROM again UNION ALL SELECT id FROM hastened) AS changed
            """
        ])[0]
        let job = try await find(id, of: tenant)
        guard !result.isEmpty else {
            throw Problem.conflict("Only a job that waits or is dead can be run again.", code: "job_not_waiting")
        }
        return job
    }

    /// Takes a job out that has not begun.
    ///
    /// - Throws: `Problem.notFound`; 409 `job_running` for one that has.
    package func cancel(_ id: ID<JobSubject>, of tenant: TenantID) async throws -> Resource<JobDetail> {
        let result = try await pipeline.runForCaller([
            """
            SELECT cancelled.state, core.tell(\(tenant), 'job.cancelled', \(id), 'jobs.read', '{}') AS event_id
            FROM core.cancel_job(\(tenant), \(id)) AS cancelled (state)
            WHERE cancelled.state IS NOT NULL
            """
        ])[0]
        let job = try await find(id, of: tenant)
        guard try result.first?.get("state", as: String?.self) != nil else {
            throw Problem.conflict("It has begun already.", code: "job_running")
        }
        return job
    }

    /// How many dead letters one statement runs again, and how many one request.
    private static let (share, most) = (500, 10_000)

    /// Runs dead letters again, at most ten thousand.
    ///
    /// - Parameter tenant: whose; nil for everybody's.
    package func redrive(_ filter: Redrive, of tenant: TenantID?) async throws -> Resource<Redriven> {
        var jobs = 0
        while jobs < JobDesk.most {
            let count = try await redriveSome(filter, of: tenant)
            jobs += count
            if count < JobDesk.share { break }
        }
        return try Resource(["jobs": .integer(Int64(jobs))])
    }

    private func redriveSome(_ filter: Redrive, of tenant: TenantID?) async throws -> Int {
        let byTenant: SQL = tenant.map { "AND d.tenant_id = \($0)" } ?? ""
        let byModule: SQL = filter.module.map { "AND d.module = \($0)" } ?? ""
        let byKind: SQL = filter.kind.map { "AND d.kind = \($0)" } ?? ""
        let byCode: SQL = filter.code.map { "AND d.failures -> -1 ->> 'code' = \($0)" } ?? ""
        let result = try await leases.runForCaller(
            [
                """
                WITH dead AS (
                    DELETE FROM core.jobs_dead
                    WHERE ctid = ANY (ARRAY(
                        SELECT d.ctid
                        FROM core.jobs_dead AS d
                        WHERE true \(byTenant) \(byModule) \(byKind) \(byCode)
                        LIMIT \(JobDesk.share)))
                    RETURNING *
                ), again AS (
                    \(JobDesk.again)
                ), told AS (
                    SELECT a.jobs, core.tell(
                        a.tenant_id, 'job.redriven', a.tenant_id, 'jobs.read', jsonb_build_object('jobs', a.jobs)) AS id
                    FROM (SELECT tenant_id, count(*) AS jobs FROM again GROUP BY tenant_id) AS a
                )
                SELECT COALESCE(sum(jobs) FILTER (WHERE id IS NOT NULL), 0)::int8 AS jobs
                FROM told
                """
            ], as: .worker, for: tenant)[0]
        return try result.first?.get("jobs") ?? 0
    }

    /// How each module's jobs stand with each tenant that has any.
    package func lanes() async throws -> Page<LanePayload> {
        let result = try await ProblemMapping.translate {
            try await leases.withLease(as: KernelRole.worker.loginRole) { try await $0.run(JobDesk.census) }
        }
        return try Page(result, limit: max(1, result.count), key: ["module"])
    }

    /// The counts of all lanes, those with the most first.
    static let census: SQL = """
        SELECT module, tenant_id, sum(ready)::int8 AS ready, min(oldest) AS oldest_ready_at,
               sum(running)::int8 AS running, sum(waiting)::int8 AS waiting, sum(dead)::int8 AS dead
        FROM (
            SELECT module, tenant_id, count(*) AS ready, min(enqueued_at) AS oldest, 0 AS running, 0 AS waiting, 0 AS dead
            FROM core.jobs_ready
            GROUP BY module, tenant_id
            UNION ALL
            SELECT module, tenant_id, 0, NULL, count(*), 0, 0 FROM core.jobs_running GROUP BY module, tenant_id
            UNION ALL
            SELECT module, tenant_id, 0, NULL, 0, count(*), 0 FROM core.jobs_waiting GROUP BY module, tenant_id
            UNION ALL
            SELECT module, tenant_id, 0, NULL, 0, 0, count(*) FROM core.jobs_dead GROUP BY module, tenant_id
        ) AS counts
        GROUP BY module, tenant_id
        ORDER BY ready DESC, dead DESC, module, tenant_id
        LIMIT 1000
        """

    /// From the CTE `dead` to the ready ones. Its key and its place in a chain are others' by now.
    private static let again: SQL = """
        INSERT INTO core.jobs_ready (
            tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, failures, steps, root, depth,
            trace)
        SELECT tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, failures, steps, root, depth,
               trace
        FROM dead
        RETURNING tenant_id, id
        """

    /// A tenant's jobs wherever they lie, each table's newest.
    private static func everywhere(_ tenant: TenantID, _ condition: SQL, _ filter: Filter, limit: Int) -> SQL {
        func branch(_ table: SQL, _ state: SQL, _ runAt: SQL, _ finishedAt: SQL) -> SQL {
            let byState: SQL = filter.state.map { "AND \(state) = \($0)" } ?? ""
            let byModule: SQL = filter.module.map { "AND module = \($0)" } ?? ""
            let byKind: SQL = filter.kind.map { "AND kind = \($0)" } ?? ""
            return """
                (SELECT id, \(state) AS state, module, kind, attempt::int8 AS attempt, enqueued_at,
                        \(runAt) AS run_at, \(finishedAt) AS finished_at, failures -> -1 ->> 'code' AS last_error,
                        payload, failures, root, depth::int8 AS depth
                 FROM \(table)
                 WHERE tenant_id = \(tenant) AND \(condition) \(byState) \(byModule) \(byKind)
                 ORDER BY id DESC
                 LIMIT \(limit))
                """
        }
        let none: SQL = "NULL::timestamptz"
        return """
            \(branch("core.jobs_ready", "'ready'", none, none))
            UNION ALL
            \(branch("core.jobs_waiting", "'waiting'", "NULLIF(run_at, 'infinity')", none))
            UNION ALL
            \(branch("core.jobs_running", "'running'", none, none))
            UNION ALL
            \(branch("core.jobs_dead", "'dead'", none, "died_at"))
            UNION ALL
            \(branch("core.jobs_finished", "outcome", none, "finished_at"))
            """
    }
}
