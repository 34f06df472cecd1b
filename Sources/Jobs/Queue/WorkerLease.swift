package import Foundation
internal import PluginKit
package import Postgres
package import Tenancy

/// The heartbeat of a worker, and what becomes of the jobs of those that are not heard of any more.
package struct WorkerLease: Sendable {
    package let id: UUID
    private let module: ModuleName
    private let pipeline: PipelineConnection

    /// How long a worker may be silent before its jobs are others'.
    package static let lifetime: Duration = .seconds(20)
    /// How often it is heard of.
    package static let heartbeat: Duration = .seconds(4)

    /// - Parameters:
    ///   - id: what it is known by; nil makes one.
    ///   - pipeline: of the kernel's role `worker`.
    package init(id: UUID? = nil, module: ModuleName, pipeline: PipelineConnection) {
        self.id = id ?? ID<WorkerLease>.make().uuid
        self.module = module
        self.pipeline = pipeline
    }

    /// How this machine is called.
    static var host: String {
        let name = ProcessInfo.processInfo.hostName
        return name.isEmpty ? "unnamed" : String(name.prefix(255))
    }

    private static var seconds: Double { lifetime / .seconds(1) }

    /// Makes itself known.
    package func begin() async throws {
        _ = try await pipeline.run([
            """
            INSERT INTO core.job_workers (id, module, host, process, expires_at)
            VALUES (\(id), \(module.description), \(WorkerLease.host),
                    \(Int64(ProcessInfo.processInfo.processIdentifier)),
                    clock_timestamp() + make_interval(secs => \(WorkerLease.seconds)))
            """
        ])
    }

    /// Is heard of again.
    ///
    /// - Returns: false when others have taken the jobs meanwhile.
    package func renew() async throws -> Bool {
        let result = try await pipeline.run([
            """
            UPDATE core.job_workers
            SET expires_at = clock_timestamp() + make_interval(secs => \(WorkerLease.seconds))
            WHERE id = \(id) AND expires_at > clock_timestamp()
            """
        ])[0]
        return result.affected == 1
    }

    /// Adds what attempts came to to the totals of the module.
    package func note(_ sums: [String: JobMeter.Sum]) async throws {
        guard !sums.isEmpty else { return }
        // In one order, so that no two workers wait for each other.
        let sorted = sums.sorted { $0.key < $1.key }
        _ = try await pipeline.run([
            """
            INSERT INTO core.job_totals AS total (module, outcome, attempts, busy_ms)
            SELECT \(module.description), sums.outcome, sums.attempts, sums.busy_ms
            FROM unnest(
                \(sorted.map(\.key)), \(sorted.map(\.value.attempts)),
                \(sorted.map { Int64($0.value.busy / .milliseconds(1)) })) AS sums (outcome, attempts, busy_ms)
            ON CONFLICT (module, outcome) DO UPDATE
            SET attempts = total.attempts + EXCLUDED.attempts, busy_ms = total.busy_ms + EXCLUDED.busy_ms
            """
        ])
    }

    /// Longer than the answer to a claim is waited for.
    private static let grace: Duration = .seconds(10)

    /// Gives back what is this worker's by the database and not by itself; their attempts do not count.
    ///
    /// - Parameter held: the leases that the worker knows of.
    /// - Returns: how many jobs.
    package func giveBack(except held: Set<UUID>) async throws -> Int {
        try await WorkerLease.take(
            """
            r.worker_id = \(id)
              AND r.lease <> ALL (\(Array(held)))
              AND r.claimed_at < clock_timestamp() - make_interval(secs => \(WorkerLease.grace / .seconds(1)))
            """, counts: false, pipeline
        ).count
    }

    /// Leaves; what it still has is ready for others at once, and the attempts do not count. What cannot be given back
    /// now is others' when the lease runs out.
    package func end() async throws {
        try await WorkerLease.release(id, counts: false, pipeline)
    }

    /// Gives the jobs of workers that are silent for too long to others.
    ///
    /// - Returns: how many jobs.
    package static func rescue(_ pipeline: PipelineConnection) async throws -> Int {
        // By itself, and first: who renews at this moment waits for us, and then finds itself gone. Jobs that nobody is
        // known to have are found until none is left.
        _ = try await pipeline.run(["DELETE FROM core.job_workers WHERE expires_at < clock_timestamp()"])
        return try await take(
            "NOT EXISTS (SELECT FROM core.job_workers AS w WHERE w.id = r.worker_id)",
            failure: JobFailure(code: "worker_lost", detail: "the worker was not heard of any more"), counts: true,
            pipeline
        ).count
    }

    /// Gives the jobs of a worker that has ended to others, and says what ended it, if anything is to be said. What
    /// cannot be taken now goes when the lease runs out.
    package static func release(
        _ id: UUID, failure: JobFailure? = nil, counts: Bool, _ pipeline: PipelineConnection
    ) async throws {
        let (_, isDone) = try await take("r.worker_id = \(id)", failure: failure, counts: counts, pipeline)
        guard isDone else { return }
        _ = try await pipeline.run(["DELETE FROM core.job_workers WHERE id = \(id)"])
    }
}
