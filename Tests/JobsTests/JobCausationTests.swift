import Foundation
import Jobs
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What follows from what, also where a job's own row does not tell any more, and where the kernel acts for a job.
@Suite("Job causation")
struct JobCausationTests {
    /// Makes jobs follow from an event, which is told of by `tell` in each of them; answers the depths of the events.
    private func loop(
        through type: String, _ tell: @Sendable (JobSite, TenantSession, ClaimedJob?) async throws -> Void
    ) async throws -> String? {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            try await site.database.asSuperuser { admin in
                let types: JSONValue = [["type": "work.done", "version": 1]]
                let consumes: JSONValue = [["event": .string(type), "job": "knowledge.work"]]
                _ = try await admin.run("SELECT core.declare_events('knowledge', \(types), \(consumes), true)")
            }
            let person = Actor(kind: .member, id: .make(), role: "admin")
            try await tell(site, TenantSession(verified: tenant, actor: person), nil)
            let lease = WorkerLease(module: site.name, pipeline: site.worker)
            try await lease.begin()
            for _ in 0..<20 {
                guard let job = try await site.claim(1, for: lease.id).first else { break }
                let actor = Actor(kind: .system, id: ActorID(job.id.uuid), role: "system")
                try await tell(site, TenantSession(verified: tenant, actor: actor), job)
            }
            return try await site.database.asSuperuser { admin in
                let told = try await admin.run(
                    """
                    SELECT string_agg(depth || COALESCE(':' || stopped, ''), ' ' ORDER BY depth)
                               || CASE WHEN count(DISTINCT root) = 1 THEN '' ELSE ' of several roots' END AS chain
                    FROM core.events
                    WHERE type = \(type)
                    """)
                return try told.first?.get("chain", as: String?.self)
            }
        }
    }

    @Test("A loop through events that are told of after the job was done stops, and says why")
    func afterTheEnd() async throws {
        let chain = try await loop(through: "work.done") { site, session, job in
            let tx = site.databases.database(of: site.name).open(session, mode: .write)
            if let job { _ = try await tx.batch(["SELECT core.complete(\(job.lease))"]) }
            _ = try await tx.batch(["SELECT core.emit('work.done', \(UUID.version7()), '{}'::jsonb) AS id"])
        }
        #expect(chain == "0 2 4 6:depth")
    }

    @Test("A loop through the kernel's own events stops too", arguments: [false, true])
    func kernelEvents(isDone: Bool) async throws {
        let chain = try await loop(through: "file.created") { site, session, job in
            let tx = site.databases.database(of: site.name).open(session, mode: .write)
            if isDone, let job { _ = try await tx.batch(["SELECT core.complete(\(job.lease))"]) }
            _ = try await Acting.$current.withValue(Acting(session, requestID: "")) {
                try await site.databases.pipeline(of: .auth).runActing([
                    """
                    SELECT core.tell(
                        \(session.tenant), 'file.created', \(UUID.version7()), 'files.read', '{}'::jsonb) AS id
                    """
                ])
            }
            if !isDone, let job { _ = try await tx.batch(["SELECT core.complete(\(job.lease))"]) }
        }
        #expect(chain == "0 2 4 6:depth")
    }

    @Test("A job that is asked for after the end of another has its root")
    func lateJobs() async throws {
        try await JobSite.with { site in
            let first = try await site.enqueue(site.tenants[0], ["n": 1])
            try await site.working { run, input in
                guard Int(field: input["n"]) == 1 else { return }
                try await run.finish([])
                _ = try await run.tx.batch(["SELECT \(JobRequest("knowledge.work", ["n": 2]).enqueuing)"])
            } while: { _ in
                try await site.untilFinished(2)
            }
            let roots = try await site.worker.run(["SELECT DISTINCT root FROM core.jobs_finished"])[0]
            #expect(try roots.rows.map { try $0.get("root", as: UUID.self) } == [first])
        }
    }
}
