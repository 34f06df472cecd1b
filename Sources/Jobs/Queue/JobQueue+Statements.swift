internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// How jobs are looked for and taken.
extension JobQueue {
    /// The horizon as columns.
    struct Strands {
        let tenants: [TenantID]
        let priorities: [Int64]
        let floors: [ID<JobSubject>]
        /// Behind which time jobs are looked for that wait; nil means from the beginning.
        let due: Timestamp?

        init(_ horizon: JobHorizon) {
            tenants = horizon.floors.map(\.key.tenant)
            priorities = horizon.floors.map { Int64($0.key.priority) }
            floors = horizon.floors.map { ID($0.value) }
            due = horizon.due
        }

        var rows: SQL {
            "unnest(\(tenants), \(priorities), \(floors)) AS strand (tenant_id, priority, floor)"
        }
    }

    /// Readies what waited and whose time has come, and answers until when. What somebody's open transaction holds is
    /// passed over; its chain waits with it, because those that follow have no time yet.
    ///
    /// - Parameter due: nil means from the beginning.
    func promoted(behind due: Timestamp?) -> SQL {
        let behind: SQL = due.map { "AND w.run_at > \($0)" } ?? ""
        // The time of the statement, which bounds what is read of the index; that of the clock would not.
        return """
            WITH due AS (
                DELETE FROM core.jobs_waiting
                WHERE ctid = ANY (ARRAY(
                    SELECT w.ctid
                    FROM core.jobs_waiting AS w
                    WHERE w.module = \(module.description) AND w.run_at <= statement_timestamp()
                      AND w.run_at < 'infinity' \(behind)
                    ORDER BY w.run_at
                    LIMIT 500
                    FOR UPDATE SKIP LOCKED))
                RETURNING *
            ), readied AS (
                INSERT INTO core.jobs_ready (\(JobQueue.columns))
                SELECT \(JobQueue.columns)
                FROM due
            )
            SELECT max(run_at) AS newest
            FROM due
            """
    }

    /// The tenants with work, as what `WITH RECURSIVE steps` stands for, and a null at its end. Each is found by one step
    /// along the index: what it costs grows with them and not with their jobs.
    static func tenantsWithWork(of module: SQL) -> SQL {
        """
        (SELECT r.tenant_id
         FROM core.jobs_ready AS r
         WHERE r.module = \(module)
         ORDER BY r.tenant_id
         LIMIT 1)
        UNION ALL
        SELECT (
            SELECT r.tenant_id
            FROM core.jobs_ready AS r
            WHERE r.module = \(module) AND r.tenant_id > steps.tenant_id
            ORDER BY r.tenant_id
            LIMIT 1)
        FROM steps
        WHERE steps.tenant_id IS NOT NULL
        """
    }

    /// What to select a tenant's jobs from, as `r`: all of them, or `most` behind the horizon of each priority.
    ///
    /// - Parameter lock: what to do with the latter.
    private func jobs(of tenant: SQL, atMost most: SQL, _ strands: Strands?, lock: SQL = "") -> SQL {
        let module = module.description
        guard let strands else {
            return "core.jobs_ready AS r WHERE r.module = \(module) AND r.tenant_id = \(tenant)"
        }
        return """
            \(strands.rows)
            CROSS JOIN LATERAL (
                SELECT r.ctid, r.priority, r.id
                FROM core.jobs_ready AS r
                WHERE r.module = \(module) AND r.tenant_id = strand.tenant_id AND r.priority = strand.priority
                  AND r.id > strand.floor
                ORDER BY r.id
                LIMIT \(most)
                \(lock)
            ) AS r
            WHERE strand.tenant_id = \(tenant)
            """
    }

    /// How the lanes of the tenants in `steps` stand: when their turn is, and how many of their jobs may begin. Tenants
    /// that are suspended, or have the module off, keep their jobs where they are.
    private var standings: SQL {
        let module = module.description
        return """
            SELECT
                s.tenant_id,
                COALESCE(lane.virtual_time, 0) AS virtual_time,
                COALESCE(lane.cost_ms, 10) AS cost_ms,
                COALESCE(((p.limits || t.limits) ->> 'job_weight')::float8, 1) AS weight,
                running.room,
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
            -- Who may run as many as they like is not counted.
            CROSS JOIN LATERAL (
                SELECT CASE WHEN most.jobs IS NULL THEN 1000000 ELSE most.jobs - (
                    SELECT count(*)
                    FROM core.jobs_running AS r
                    WHERE r.module = \(module) AND r.tenant_id = t.id
                ) END AS room
                FROM (SELECT ((p.limits || t.limits) ->> 'jobs_running')::int8 AS jobs) AS most
            ) AS running
            CROSS JOIN LATERAL (
                SELECT ((p.limits || t.limits) ->> 'jobs_per_minute')::float8 / 60 AS per_second
            ) AS rate
            WHERE COALESCE(switch.enabled, true)
              AND NOT EXISTS (SELECT FROM core.plugin_pauses AS pause WHERE pause.module_id = \(module))
            """
    }

    /// The lanes with work that come next, each with how many of its jobs are ready.
    ///
    /// - Parameter held: whose are left out.
    func lanes(_ slots: Int, _ strands: Strands?, except held: Set<TenantID>) -> SQL {
        let tenants =
            strands.map { "SELECT DISTINCT strand.tenant_id FROM \($0.rows)" as SQL }
            ?? JobQueue.tenantsWithWork(of: "\(module.description)")
        return """
            WITH RECURSIVE steps AS (
                \(tenants)
            ), lanes AS MATERIALIZED (
                \(standings)
            ), first AS (
                SELECT *
                FROM lanes
                WHERE room > 0 AND COALESCE(tokens, 1) >= 1 AND tenant_id <> ALL (\(Array(held)))
                ORDER BY virtual_time
                LIMIT \(slots)
            )
            SELECT first.*, (
                SELECT count(*)
                FROM (
                    SELECT
                    FROM \(jobs(of: "first.tenant_id", atMost: "\(slots)", strands))
                    LIMIT \(slots)
                ) AS counted
            ) AS ready
            FROM first
            """
    }

    /// Takes what the lanes were dealt, unless somebody else has dealt since `revision`: then there is no row.
    ///
    /// What somebody's open transaction holds is passed over, and the lane's next one taken instead. A lane of which
    /// nothing is taken is charged nothing.
    func take(
        _ turns: [FairShare.Turn], _ clock: Double, _ revision: Int64, _ worker: UUID, _ strands: Strands?
    ) -> SQL {
        let module = module.description
        let lock: SQL = "FOR UPDATE OF r SKIP LOCKED"
        // From a horizon each part of a lane is locked by itself.
        let lockAtLast: SQL = strands == nil ? lock : ""
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
            ), taken AS (
                DELETE FROM core.jobs_ready
                WHERE ctid = ANY (ARRAY(
                    SELECT head.ctid
                    FROM plan
                    CROSS JOIN LATERAL (
                        SELECT r.ctid
                        FROM \(jobs(of: "plan.tenant_id", atMost: "plan.jobs", strands, lock: lock))
                        ORDER BY r.priority, r.id
                        LIMIT plan.jobs
                        \(lockAtLast)
                    ) AS head))
                RETURNING *
            ), charged AS (
                INSERT INTO core.job_lanes AS lane (tenant_id, module, virtual_time, cost_ms, tokens)
                SELECT plan.tenant_id, \(module), plan.reached, plan.charge, plan.tokens
                FROM plan
                WHERE plan.tenant_id IN (SELECT t.tenant_id FROM taken AS t)
                ON CONFLICT (tenant_id, module) DO UPDATE
                SET virtual_time = EXCLUDED.virtual_time, cost_ms = EXCLUDED.cost_ms, tokens = EXCLUDED.tokens,
                    filled_at = clock_timestamp()
            ), begun AS (
                INSERT INTO core.jobs_running (\(JobQueue.columns), worker_id, lease, charged_ms)
                SELECT
                    t.tenant_id, t.id, t.module, t.kind, t.priority, t.payload, t.max_attempts, t.timeout_ms,
                    t.attempt + 1, t.failures, t.steps, t.chain, t.place, t.unique_key, t.root, t.depth, t.trace,
                    t.enqueued_at, \(worker), gen_random_uuid(), plan.charge
                FROM taken AS t
                JOIN plan ON plan.tenant_id = t.tenant_id
                RETURNING id, tenant_id, kind, priority, payload, attempt, timeout_ms, steps, lease, charged_ms, trace
            )
            SELECT begun.*
            FROM turn
            LEFT JOIN begun ON true
            """
    }
}
