internal import PluginHost
@_spi(Kernel) internal import PluginKit
internal import Tenancy

extension JobWorker {
    /// Runs a job once: in its tenant's session, behind the module's wall.
    func attempt(_ job: ClaimedJob) async -> JobOutcome {
        guard job.isReadable else {
            return .refused(JobFailure(code: "unreadable_payload", detail: "its payload or steps are no JSON for us"))
        }
        guard let code = module.jobs.first(where: { $0.kind == job.kind }) else {
            return .failed(JobFailure(code: "unknown_kind", detail: "this version of the plugin has no such job"))
        }
        let actor = Actor(kind: .system, id: ActorID(job.id.uuid), role: "system")
        let session = TenantSession(verified: job.tenant, actor: actor)
        let progress = JobProgress { JobOutcome.isLeaseLost($0) ? JobLeaseLost() : $0 }
        let run = JobRun(
            id: job.id, tenant: job.tenant, attempt: job.attempt, tx: module.database.open(session, mode: .write),
            services: module.services(session), lease: job.lease, steps: job.steps, progress: progress)
        do {
            let place = PluginError.Place(job.kind, requestID: job.id.description)
            try await module.wall.run(for: job.tenant, in: place, deadline: job.timeout) {
                try await code.handler(run, job.payload)
                if !progress.isCompleted { try await run.finish([]) }
            }
            return .succeeded
        } catch {
            return progress.isCompleted ? .succeeded : JobOutcome(error)
        }
    }
}
