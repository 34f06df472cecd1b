internal import Foundation
internal import PluginKit
internal import Postgres

/// What becomes of the jobs of workers that are gone.
extension WorkerLease {
    /// How many are taken away in one transaction, which is to end long before a statement's time is over.
    private static let share = 25
    /// How many that cannot be taken away are waited for, half a second each; the next time begins elsewhere.
    private static let patience = 4

    /// A job that is somebody's, and by which lease.
    private struct Held {
        let tenant: TenantID
        let id: UUID
        let lease: UUID

        init(_ row: Row) throws {
            tenant = try row.get("tenant_id")
            id = try row.get("id")
            lease = try row.get("lease")
        }
    }

    /// How an attempt ends that is taken away.
    private struct End {
        let failure: JobFailure?
        let counts: Bool
    }

    /// Takes running jobs from whoever has them, a few at a time. What an open transaction holds, be it the job or its key
    /// or chain, is passed over, and tried again by whoever comes next.
    ///
    /// - Parameters:
    ///   - theirs: which jobs `r`.
    ///   - failure: what is noted of the attempt, if anything.
    ///   - counts: whether the attempt does.
    /// - Returns: how many were taken, and whether none is left.
    static func take(
        _ theirs: SQL, failure: JobFailure? = nil, counts: Bool, _ pipeline: PipelineConnection
    ) async throws -> (count: Int, isDone: Bool) {
        let end = End(failure: failure, counts: counts)
        var count = 0
        var passedOver: [UUID] = []
        var failures = 0
        while true {
            let found = try await pipeline.run([
                // In no order: else those that are held would come first each time.
                """
                SELECT r.tenant_id, r.id, r.lease
                FROM core.jobs_running AS r
                WHERE \(theirs) AND r.id <> ALL (\(passedOver))
                ORDER BY random()
                LIMIT \(WorkerLease.share)
                """
            ])[0]
            guard !found.isEmpty else { return (count, passedOver.isEmpty) }
            let jobs = try found.rows.map(Held.init)
            let taken: Set<UUID>
            do {
                taken = try await take(jobs, end, pipeline)
            } catch let error as DatabaseError where error.code == .statementFailed {
                let some = try await takeEach(jobs, end, &failures, pipeline)
                guard failures < WorkerLease.patience else { return (count + some.count, false) }
                taken = some
            }
            count += taken.count
            passedOver += jobs.map(\.id).filter { !taken.contains($0) }
        }
    }

    /// Takes jobs one by one, because not all of them can be taken together, until too many could not.
    private static func takeEach(
        _ jobs: [Held], _ end: End, _ failures: inout Int, _ pipeline: PipelineConnection
    ) async throws -> Set<UUID> {
        var taken: Set<UUID> = []
        for job in jobs where failures < WorkerLease.patience {
            do {
                taken.formUnion(try await take([job], end, pipeline))
            } catch let error as DatabaseError where error.code == .statementFailed {
                failures += 1
            }
        }
        return taken
    }

    /// Takes jobs in one transaction.
    ///
    /// - Returns: those that were theirs still.
    private static func take(
        _ jobs: [Held], _ end: End, _ pipeline: PipelineConnection
    ) async throws -> Set<UUID> {
        let (document, counts) = (end.failure?.document ?? [:], end.counts)
        let result = try await pipeline.run([
            """
            SELECT free.id, core.fail_job(
                free.tenant_id, free.id, free.lease, \(document), interval '0', \(counts)) AS was_theirs
            FROM (
                SELECT r.tenant_id, r.id, r.lease
                FROM unnest(\(jobs.map(\.tenant)), \(jobs.map(\.id)), \(jobs.map(\.lease)))
                    AS held (tenant_id, id, lease)
                JOIN core.jobs_running AS r
                    ON r.tenant_id = held.tenant_id AND r.id = held.id AND r.lease = held.lease
                FOR UPDATE OF r SKIP LOCKED
            ) AS free
            """
        ])[0]
        return Set(
            try result.rows.filter { try $0.get("was_theirs", as: Bool.self) }.map { try $0.get("id", as: UUID.self) })
    }
}
