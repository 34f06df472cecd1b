import Foundation
import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("Job queue")
struct JobQueueTests {
    private func queue(_ site: JobSite) -> JobQueue { JobQueue(module: site.name, pipeline: site.worker) }

    @Test("J1: A job that is enqueued in a transaction that fails never was, one that commits is there")
    func transactional() async throws {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            await #expect(throws: (any Error).self) {
                _ = try await site.tx(tenant).batch([
                    "SELECT \(JobRequest("knowledge.work", [:]).enqueuing)", "SELECT 1 / 0",
                ])
            }
            #expect(try await site.count("ready") == 0)
            try await site.enqueue(tenant)
            #expect(try await site.count("ready") == 1)
        }
    }

    @Test("J4: Jobs of one chain run in order, over workers and failures, and other chains do not wait")
    func chains() async throws {
        try await JobSite.with(attempts: 5) { site in
            for number in 1...30 {
                try await site.enqueue(site.tenants[number % 2], ["n": .integer(Int64(number))]) { $0.chain = "c" }
            }
            let seen = Notebook<(TenantID, Int)>()
            let running = Notebook<Int>()
            try await site.working { run, input in
                let number = Int(field: input["n"]) ?? 0
                running.note(number)
                // The first attempt at every tenth fails, and what is behind it waits.
                if number % 10 == 0, run.attempt == 1 { throw Problem.notFound }
                seen.note((run.tenant, number))
            } while: { _ in
                try await site.untilFinished(30)
            }
            for tenant in site.tenants {
                let order = seen.entries.filter { $0.0 == tenant }.map(\.1)
                #expect(order == order.sorted() && order.count == 15)
            }
            #expect(running.entries.count == 33)
        }
    }

    @Test("J6: A tenant's limit of running jobs is never exceeded, whoever claims")
    func limit() async throws {
        try await JobSite.with { site in
            try await site.database.server.asSuperuser(database: site.database.name) { admin in
                _ = try await admin.run("UPDATE core.tenants SET limits = '{\"jobs_running\": 3}'")
            }
            try await site.flood(site.tenants[0], 500)
            let claimed = try await withThrowingTaskGroup(of: [ClaimedJob].self) { group in
                for _ in 0..<8 { group.addTask { try await site.claim(20) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 3)
            #expect(try await site.count("running") == 3)
            #expect(try await site.claim().isEmpty)
            try await queue(site).fail(claimed[0], JobFailure(code: "x", detail: ""), retry: .seconds(60))
            #expect(try await site.claim().count == 1)
        }
    }

    @Test("J6: A tenant's jobs a minute are never exceeded, and what it did not use it may catch up on for ten seconds")
    func rate() async throws {
        try await JobSite.with { site in
            let set: @Sendable (SQL) async throws -> Void = { statement in
                try await site.database.server.asSuperuser(database: site.database.name) { admin in
                    _ = try await admin.run(statement)
                }
            }
            let claimAll: @Sendable () async throws -> Int = {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 { group.addTask { try await site.claim(20).count } }
                    return try await group.reduce(0, +)
                }
            }
            try await set("UPDATE core.tenants SET limits = '{\"jobs_per_minute\": 6}'")
            try await site.flood(site.tenants[0], 500)
            #expect(try await claimAll() == 1)
            try await set("UPDATE core.job_lanes SET filled_at = filled_at - interval '10 seconds'")
            #expect(try await claimAll() == 1)
            try await set("UPDATE core.job_lanes SET filled_at = filled_at - interval '1 hour'")
            #expect(try await claimAll() == 1)
            try await set("UPDATE core.tenants SET limits = '{}'")
            // Of claims at the same moment only one counts.
            #expect(try await claimAll() >= 20)
        }
    }

    @Test("A chain of events and jobs that cause each other stops, and says why")
    func depth() async throws {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            try await site.database.server.asSuperuser(database: site.database.name) { admin in
                let types: JSONValue = [["type": "work.done", "version": 1]]
                let consumes: JSONValue = [["event": "work.done", "job": "knowledge.work"]]
                _ = try await admin.run("SELECT core.declare_events('knowledge', \(types), \(consumes), true)")
            }
            let emit: SQL = "SELECT core.emit('work.done', \(UUID.version7()), '{}'::jsonb) AS id"
            let database = site.databases.database(of: site.name)
            let person = Actor(kind: .member, id: .make(), role: "admin")
            _ = try await database.open(TenantSession(verified: tenant, actor: person), mode: .write).batch([emit])
            var rounds = 0
            while let job = try await site.claim().first, rounds < 20 {
                let actor = Actor(kind: .system, id: ActorID(job.id.uuid), role: "system")
                let tx = database.open(TenantSession(verified: tenant, actor: actor), mode: .write)
                _ = try await tx.batch([emit, "SELECT core.complete(\(job.lease))"])
                rounds += 1
            }
            let told = try await site.database.server.asSuperuser(database: site.database.name) { admin in
                try await admin.run(
                    """
                    SELECT string_agg(depth || COALESCE(':' || stopped, ''), ' ' ORDER BY depth) AS chain,
                           count(DISTINCT root) AS roots
                    FROM core.events
                    WHERE type = 'work.done'
                    """
                ).first
            }
            #expect(try told?.get("chain", as: String.self) == "0 2 4 6:depth")
            #expect(try told?.get("roots", as: Int.self) == 1)
        }
    }

    @Test("J7: Who holds an old lease completes nothing and undoes nothing")
    func fence() async throws {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            try await site.enqueue(tenant)
            let old = try #require(try await site.claim().first)
            // Its worker was never heard of, so the job goes to another.
            #expect(try await WorkerLease.rescue(site.worker) == 1)
            let new = try #require(try await site.claim().first)
            #expect(new.id == old.id && new.lease != old.lease && new.attempt == 2)
            let actor = Actor(kind: .system, id: ActorID(old.id.uuid), role: "system")
            let tx = site.databases.database(of: site.name).open(
                TenantSession(verified: tenant, actor: actor), mode: .write)
            await #expect(throws: DatabaseError.self) {
                _ = try await tx.batch([
                    "SELECT core.enqueue('knowledge.work', '{}')", "SELECT core.complete(\(old.lease))",
                ])
            }
            #expect(try await site.count("ready") == 0)
            #expect(try await site.count("running") == 1)
            let wasOurs = try await queue(site).fail(old, JobFailure(code: "x", detail: ""), retry: nil)
            #expect(!wasOurs)
            _ = try await tx.batch(["SELECT core.complete(\(new.lease))"])
            #expect(try await site.count("finished") == 1)
        }
    }

    @Test("A module that is switched off, and a tenant that is suspended, keep their jobs where they are")
    func parked() async throws {
        try await JobSite.with(tenants: 3) { site in
            for tenant in site.tenants { try await site.enqueue(tenant) }
            func asAdmin(_ statement: SQL) async throws {
                try await site.database.server.asSuperuser(database: site.database.name) {
                    _ = try await $0.run(statement)
                }
            }
            try await asAdmin(
                """
                INSERT INTO core.tenant_modules (tenant_id, module_id, enabled)
                VALUES (\(site.tenants[0]), \(JobSite.module), false)
                """)
            try await asAdmin("UPDATE core.tenants SET status = 'suspended' WHERE id = \(site.tenants[1])")
            #expect(try await site.claim().map(\.tenant) == [site.tenants[2]])
            try await asAdmin("UPDATE core.tenant_modules SET enabled = true")
            try await asAdmin("UPDATE core.tenants SET status = 'active'")
            #expect(Set(try await site.claim().map(\.tenant)) == Set(site.tenants[0...1]))
        }
    }

    @Test("One module cannot enqueue for another, nor complete what is not its own")
    func borders() async throws {
        try await JobSite.with { site in
            let (tenant, other) = (site.tenants[0], site.tenants[1])
            await #expect(throws: DatabaseError.self) {
                try await site.enqueue(tenant, kind: "conversations.work")
            }
            let id = try await site.enqueue(tenant)
            let job = try #require(try await site.claim().first)
            let actor = Actor(kind: .system, id: ActorID(id), role: "system")
            for session in [
                TenantSession(verified: other, actor: actor),
                TenantSession(verified: tenant, actor: Actor(kind: .member, id: ActorID(id), role: "admin")),
            ] {
                let tx = site.databases.database(of: site.name).open(session, mode: .write)
                await #expect(throws: DatabaseError.self) {
                    _ = try await tx.rows("SELECT core.complete(\(job.lease))")
                }
            }
            for table in ["jobs_ready", "jobs_running", "jobs_dead", "job_lanes", "events"] {
                await #expect(throws: DatabaseError.self) {
                    _ = try await site.tx(tenant).leased { tx in
                        try await tx.rows("SELECT * FROM core.\(unsafeSQL: table)")
                    }
                }
            }
        }
    }
}
