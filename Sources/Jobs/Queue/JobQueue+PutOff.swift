internal import Foundation
internal import PluginKit
internal import Postgres

/// Jobs that something holds up which is no fault of theirs.
extension JobQueue {
    private static let shortestPause: SQL = "interval '30 seconds'"
    private static let longestPause: SQL = "interval '10 minutes'"
    /// How long one attempt is put off; then it counts, so that nothing is tried for ever.
    private static let patience: SQL = "interval '1 day'"

    /// Since when a running job `r` has been put off at this attempt; null for the first time.
    private static let since: SQL = """
        CASE WHEN r.failures -> -1 ->> 'code' = 'held_up' AND r.failures -> -1 -> 'attempt' = to_jsonb(r.attempt)
             THEN (r.failures -> -1 ->> 'at')::timestamptz END
        """

    /// Gives an attempt back, which begins again after about as long as the job has been held up so far. What holds it
    /// up stands once among its failures, as `held_up`, with when that began.
    ///
    /// - Returns: whether it was put off; not after a day, nor one that has a single attempt, nor when the job is another
    ///   worker's by now.
    func putOff(_ job: ClaimedJob, _ reason: String) async throws -> Bool {
        let failure = JobFailure(code: "held_up", detail: reason).document
        let result = try await pipeline.run([
            """
            WITH ours AS (
                DELETE FROM core.jobs_running AS r
                WHERE r.tenant_id = \(job.tenant) AND r.id = \(job.id) AND r.lease = \(job.lease)
                  -- A job that is tried once at most does nothing twice.
                  AND r.max_attempts > 1
                  AND COALESCE(\(JobQueue.since) > clock_timestamp() - \(JobQueue.patience), true)
                RETURNING r.*, \(JobQueue.since) AS since
            )
            INSERT INTO core.jobs_waiting (\(JobQueue.columns), run_at)
            SELECT
                o.tenant_id, o.id, o.module, o.kind, o.priority, o.payload, o.max_attempts, o.timeout_ms, o.attempt - 1,
                CASE WHEN o.since IS NULL THEN o.failures || jsonb_build_array(
                    jsonb_build_object('attempt', o.attempt, 'at', clock_timestamp(), 'worker', o.worker_id)
                        || \(failure)::jsonb) ELSE o.failures END,
                o.steps, o.chain, o.place, o.unique_key, o.root, o.depth, o.trace, o.enqueued_at,
                clock_timestamp() + (0.9 + 0.2 * random()) * least(
                    greatest(clock_timestamp() - o.since, \(JobQueue.shortestPause)), \(JobQueue.longestPause))
            FROM ours AS o
            """
        ])[0]
        return result.affected == 1
    }
}
