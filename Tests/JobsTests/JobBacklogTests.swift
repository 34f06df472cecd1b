import Foundation
import Jobs
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// How many jobs of one tenant and module may wait.
@Suite("Job backlogs")
struct JobBacklogTests {
    func with(
        limit: Int, attempts: Int = 3, _ body: @Sendable (JobSite, BacklogKeeper) async throws -> Void
    ) async throws {
        try await JobSite.with(attempts: attempts) { site in
            try await Self.limit(site, to: limit)
            let keeper = BacklogKeeper(pipeline: site.worker, leases: site.databases.leases, logger: site.logger)
            try await body(site, keeper)
        }
    }

    static func limit(_ site: JobSite, to limit: Int) async throws {
        try await site.database.asSuperuser { admin in
            let limits: JSONValue = ["jobs_queued": .integer(Int64(limit))]
            _ = try await admin.run("UPDATE core.tenants SET limits = \(limits) WHERE id = \(site.tenants[0])")
        }
    }

    /// Why a job is refused; nil when it is not.
    private func refusal(_ body: () async throws -> Void) async throws -> Problem? {
        do {
            try await body()
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    @Test("Who has as many as they may is refused more, for this module and this tenant, until there are fewer")
    func refused() async throws {
        try await with(limit: 3) { site, keeper in
            try await site.enqueue(site.tenants[0])
            try await site.enqueue(site.tenants[0]) { $0.runAt = Timestamp.now().advanced(by: .seconds(3600)) }
            #expect(try await keeper.count() == 0)
            try await site.enqueue(site.tenants[0])
            #expect(try await keeper.count() == 1)
            let problem = try await refusal { try await site.enqueue(site.tenants[0]) }
            #expect(problem?.status == 429 && problem?.code == "job_backlog_full" && problem?.retryAfter != nil)
            try await site.enqueue(site.tenants[1])
            #expect(try await site.count("ready") == 3)
            #expect(try await site.count("waiting") == 1)
            try await site.working { _, _ in
            } while: { _ in
                try await site.untilFinished(3)
            }
            #expect(try await keeper.count() == 0)
            try await site.enqueue(site.tenants[0])
        }
    }

    @Test("A refusal leaves nothing of its transaction; what follows from an event finds room all the same")
    func whole() async throws {
        try await with(limit: 2) { site, keeper in
            let tenant = site.tenants[0]
            try await site.flood(tenant, 2)
            #expect(try await keeper.count() == 1)
            try await site.database.asSuperuser { admin in
                let types: JSONValue = [["type": "work.done", "version": 1]]
                let consumes: JSONValue = [["event": "work.done", "job": "knowledge.work"]]
                _ = try await admin.run("SELECT core.declare_events('knowledge', \(types), \(consumes), true)")
            }
            let emit: SQL = "SELECT core.emit('work.done', \(UUID.version7()), '{}'::jsonb) AS id"
            let problem = try await refusal {
                _ = try await site.tx(tenant).batch([
                    emit, "SELECT \(JobRequest("knowledge.work", [:]).enqueuing) AS id",
                ])
            }
            #expect(problem?.code == "job_backlog_full")
            #expect(try await site.count("ready") == 2)
            #expect(try await site.worker.run(["SELECT FROM core.events WHERE type = 'work.done'"])[0].isEmpty)
            for _ in 0..<3 { _ = try await site.tx(tenant).batch([emit]) }
            #expect(try await site.count("ready") == 5)
        }
    }

    @Test("A job that goes on in another is not held up by others, up to twice the limit")
    func goingOn() async throws {
        try await with(limit: 4) { site, keeper in
            let tenant = site.tenants[0]
            try await site.flood(tenant, 5)
            let lease = WorkerLease(module: site.name, pipeline: site.worker)
            try await lease.begin()
            let jobs = try await site.claim(1, for: lease.id)
            #expect(try await keeper.count() == 1)
            let actor = Actor(kind: .system, id: ActorID(try #require(jobs.first).id.uuid), role: "system")
            let tx = site.databases.database(of: site.name).open(
                TenantSession(verified: tenant, actor: actor), mode: .write)
            let next: SQL = "SELECT \(JobRequest("knowledge.work", [:]).enqueuing) AS id"
            for _ in 0..<4 { _ = try await tx.batch([next]) }
            #expect(try await keeper.count() == 1)
            let problem = try await refusal { _ = try await tx.batch([next]) }
            #expect(problem?.code == "job_backlog_full")
        }
    }

    @Test("Nobody has a hundred thousand jobs waiting in a module, unless an operator lets them")
    func usual() async throws {
        try await with(limit: 1_000_000) { site, keeper in
            try await site.database.asSuperuser { admin in
                _ = try await admin.run(
                    """
                    INSERT INTO core.jobs_ready (tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms,
                                                 root, depth)
                    SELECT tenant.id, gen_random_uuid(), 'knowledge', 'knowledge.work', 5, '{}', 1, 1000,
                           gen_random_uuid(), 0::int2
                    FROM core.tenants AS tenant
                    CROSS JOIN generate_series(1, 100000)
                    """, timeout: .seconds(60))
            }
            #expect(try await keeper.count() == 1)
            try await site.enqueue(site.tenants[0])
            let problem = try await refusal { try await site.enqueue(site.tenants[1]) }
            #expect(problem?.code == "job_backlog_full")
        }
    }
}
