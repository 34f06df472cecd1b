internal import Foundation
package import PluginKit
package import Postgres
internal import Tenancy

/// Who does which task, when it is due, and how it went: one run at a time for the whole installation.
package struct MaintenanceLedger: Sendable {
    private let pipeline: PipelineConnection
    private let lease: Duration
    private let host: String

    /// - Parameters:
    ///   - pipeline: of the kernel's role `worker`.
    ///   - lease: how long a run is somebody's of whom nothing is heard; who is at work says so four times as often.
    package init(pipeline: PipelineConnection, lease: Duration = .seconds(60)) {
        self.pipeline = pipeline
        self.lease = lease
        host = ProcessInfo.processInfo.hostName
    }

    /// Runs a task if it is due and nobody else is at it, and records how it went. When this process dies, another one
    /// begins anew as soon as the lease has run out.
    ///
    /// - Parameter work: the task, which may take as long as it does; answers what it did, in numbers.
    /// - Returns: whether it was due.
    /// - Throws: what `work` throws, after it is recorded.
    @discardableResult
    package func runIfDue(
        _ task: MaintenanceTask, _ work: () async throws -> JSONValue
    ) async throws -> Bool {
        guard let run = try await claim(task) else { return false }
        do {
            let detail = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await keep(run) }
                let detail = try await work()
                group.cancelAll()
                return detail
            }
            try await finish(run, detail, error: nil)
        } catch {
            try await finish(run, .object([]), error: "\(error)")
            throw error
        }
        return true
    }

    /// Says again and again that somebody is at it, until the work is over or another has begun anew.
    private func keep(_ run: UUID) async throws {
        var isOurs = true
        while isOurs {
            try await Task.sleep(for: lease / 4)
            // What could not be said now is said the next time; there are a few before the lease runs out.
            let renewed = try? await pipeline.run([
                """
                UPDATE core.maintenance_tasks
                SET leased_until = clock_timestamp() + make_interval(secs => \(lease / .seconds(1)))
                WHERE run_id = \(run)
                """
            ])
            isOurs = renewed.map { $0[0].affected == 1 } ?? true
        }
    }

    private func claim(_ task: MaintenanceTask) async throws -> UUID? {
        let seconds = lease / .seconds(1)
        let results = try await pipeline.run([
            // Whoever asks for the task is told that somebody does it.
            """
            UPDATE core.maintenance_tasks
            SET attended_at = now(),
                attended_since = CASE WHEN attended_at > now() - interval '1 day' THEN attended_since ELSE now() END
            WHERE name = \(task.rawValue) AND (attended_at IS NULL OR attended_at < now() - interval '30 seconds')
            """,
            """
            SELECT core.claim_maintenance(\(task.rawValue), \(host), make_interval(secs => \(seconds))) AS run
            WHERE EXISTS (SELECT FROM core.maintenance_tasks WHERE name = \(task.rawValue) AND next_at <= now())
            """,
        ])
        return try results[1].first?.get("run", as: UUID?.self) ?? nil
    }

    private func finish(_ run: UUID, _ detail: JSONValue, error: String?) async throws {
        _ = try await pipeline.run(["SELECT core.finish_maintenance(\(run), \(detail), \(error)) AS was_ours"])
    }

    /// Makes a task due at once; it begins within seconds, where a process runs that does it.
    ///
    /// - Throws: `Problem.notFound`.
    package func request(_ task: MaintenanceTask) async throws -> Resource<MaintenanceTaskPayload> {
        _ = try await pipeline.runForCaller([
            """
            UPDATE core.maintenance_tasks
            SET next_at = least(next_at, now())
            WHERE name = \(task.rawValue)
            """
        ])
        return try Resource(try await read(only: task))
    }

    /// Whether a process does a task: it has looked within the last minute and a half, or is at it.
    package func isAttended(_ task: MaintenanceTask) async throws -> Bool {
        try await read(only: task).first?.get("is_attended", as: Bool.self) ?? false
    }

    /// Every task with its newest run.
    package func tasks() async throws -> Page<MaintenanceTaskPayload> {
        let result = try await read(only: nil)
        return try Page(result, limit: max(1, result.count), key: ["name"])
    }

    private func read(only task: MaintenanceTask?) async throws -> ResultSet {
        try await pipeline.runForCaller(
            [
                """
                SELECT t.name, EXTRACT(epoch FROM t.every)::int8 AS every_seconds, t.next_at,
                       t.leased_until > clock_timestamp() AS is_running,
                       core.is_attended(t.attended_at, t.leased_until) AS is_attended,
                       last.started_at AS last_started_at, last.outcome AS last_outcome, last.error AS last_error
                FROM core.maintenance_tasks AS t
                LEFT JOIN LATERAL (
                    SELECT r.started_at, r.outcome, r.error
                    FROM core.maintenance_runs AS r
                    WHERE r.task = t.name AND r.outcome IS NOT NULL
                    ORDER BY r.id DESC
                    LIMIT 1
                ) AS last ON true
                WHERE \(task?.rawValue) IS NULL OR t.name = \(task?.rawValue)
                ORDER BY t.name
                """
            ], isReplayable: true)[0]
    }

    /// The runs of all tasks, newest first.
    package func runs(_ page: PageRequest) async throws -> Page<MaintenanceRunPayload> {
        let before = page.after(0, or: ID<MaintenanceRunSubject>(.last))
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT id, task, host, started_at, ended_at, outcome, detail, error
                FROM core.maintenance_runs
                WHERE id < \(before)
                ORDER BY id DESC
                LIMIT \(page.fetchCount)
                """
            ], isReplayable: true)[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }
}

/// What ids of runs are ids of.
package enum MaintenanceRunSubject {}
