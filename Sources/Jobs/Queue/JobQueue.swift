package import Foundation
package import PluginKit
package import Postgres
internal import Synchronization
package import Tenancy

/// The jobs of one module, as a worker sees them.
package final class JobQueue: Sendable {
    package let module: ModuleName
    let pipeline: PipelineConnection
    private let horizon: Mutex<JobHorizon>

    /// - Parameter pipeline: of the kernel's role `worker`.
    package convenience init(module: ModuleName, pipeline: PipelineConnection) {
        self.init(module: module, pipeline: pipeline, horizon: JobHorizon())
    }

    init(module: ModuleName, pipeline: PipelineConnection, horizon: JobHorizon) {
        self.module = module
        self.pipeline = pipeline
        self.horizon = Mutex(horizon)
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
        let begin = ContinuousClock.now
        let strands = horizon.withLock { $0.isQuick(at: begin) ? Strands($0) : nil }
        if let strands {
            let claim = try await claim(slots, for: worker, settling: owed, from: strands)
            guard case .nothing = claim else { return claim }
        }
        do {
            let claim = try await claim(slots, for: worker, settling: owed, from: nil)
            if case .outrun = claim { return claim }
            horizon.withLock { $0.lookedWhole(from: begin, to: .now) }
            return claim
        } catch let error as DatabaseError where error.isStatementTimeout {
            // Else every look from here on would be one more of this kind.
            horizon.withLock { $0.lookedWhole(from: begin, to: .now) }
            throw error
        }
    }

    /// - Parameter strands: where the look begins; nil means the beginning of every lane.
    private func claim(
        _ slots: Int, for worker: UUID, settling owed: [TenantID: JobTally.Entry], from strands: Strands?
    ) async throws -> Claim {
        // Tenants whose open transactions hold all of the jobs that were dealt; others do not wait for them.
        var held: Set<TenantID> = []
        while true {
            let (revision, clock, lanes) = try await lanes(for: slots, owed, from: strands, except: held)
            var share = FairShare(clock: clock)
            let turns = share.deal(slots, to: lanes)
            guard !turns.isEmpty else { return .nothing }
            let result = try await pipeline.run([take(turns, share.clock, revision, worker, strands)])[0]
            guard !result.isEmpty else { return .outrun }
            // A row without a job says that the turn was ours, and there was nothing to take.
            let jobs = try result.rows.filter { try $0.get("id", as: UUID?.self) != nil }.map(ClaimedJob.init)
            guard !jobs.isEmpty else {
                held.formUnion(turns.map(\.tenant))
                continue
            }
            let passed = jobs.map { job in
                (strand: JobHorizon.Strand(tenant: job.tenant, priority: job.priority), id: job.id.uuid)
            }
            horizon.withLock { $0.passed(passed) }
            return .jobs(jobs)
        }
    }

    /// Brings what is due to where it is claimed, and reads the lanes that are first.
    private func lanes(
        for slots: Int, _ owed: [TenantID: JobTally.Entry], from strands: Strands?, except held: Set<TenantID>
    ) async throws -> (revision: Int64, clock: Double, lanes: [FairShare.Lane]) {
        let module = module.description
        let results = try await pipeline.run([
            promoted(behind: strands?.due),
            "SELECT revision, virtual_time FROM core.job_queues WHERE module = \(module)",
            lanes(slots, strands, except: held),
        ])
        if let newest = try results[0].first?.get("newest", as: Timestamp?.self) {
            horizon.withLock { $0.cameDue(upTo: newest) }
        }
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
    /// A stable word: `timeout`, `worker_lost`, `held_up`, `refused`, a problem's code, or the type of the error.
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
