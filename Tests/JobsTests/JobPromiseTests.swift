import Foundation
import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What chains, times, keys and leases promise where things cross.
@Suite("Job promises")
struct JobPromiseTests {
    private func complete(_ job: ClaimedJob, on site: JobSite) async throws {
        let actor = Actor(kind: .system, id: ActorID(job.id.uuid), role: "system")
        let session = TenantSession(verified: job.tenant, actor: actor)
        _ = try await site.databases.database(of: site.name).open(session, mode: .write)
            .rows("SELECT core.complete(\(job.lease))")
    }

    private func asAdmin(_ site: JobSite, _ statement: SQL) async throws {
        _ = try await site.database.server.asSuperuser(database: site.database.name) { try await $0.run(statement) }
    }

    @Test("A job ends, and can be taken out, long after the leaf of its day was dropped")
    func longWait() async throws {
        try await JobSite.with { site in
            try await asAdmin(site, "DROP TABLE core.jobs_finished_past")
            for _ in 1...2 { try await site.enqueue(site.tenants[0]) }
            try await asAdmin(
                site,
                """
                UPDATE core.jobs_ready
                SET id = overlay(id::text PLACING left(core.uuid_floor(now() - interval '60 days')::text, 13) FROM 1)::uuid
                """)
            let jobs = try await site.claim(1)
            try await complete(try #require(jobs.first), on: site)
            let left = try await site.databases.pipeline(of: .worker).run(["SELECT id FROM core.jobs_ready"])[0]
            let id: ID<JobSubject> = try #require(left.first).get("id")
            _ = try await site.desk.cancel(id, of: site.tenants[0])
            #expect(try await site.count("finished") == 2)
            // They go when their time is over, like all others.
            try await asAdmin(site, "UPDATE core.jobs_finished SET finished_at = now() - interval '8 days'")
            _ = try await site.worker.run(["SELECT * FROM core.cleanup_old_data(100)"])
            #expect(try await site.count("finished") == 0)
        }
    }

    @Test("J4: Who is taken out of a chain leaves the others their turn")
    func cancelledInChain() async throws {
        try await JobSite.with { site in
            var ids: [ID<JobSubject>] = []
            for _ in 1...4 { ids.append(ID(try await site.enqueue(site.tenants[0]) { $0.chain = "c" })) }
            let first = try await site.claim()
            #expect(first.map(\.id) == [ids[0]])
            for id in [ids[2], ids[1]] { _ = try await site.desk.cancel(id, of: site.tenants[0]) }
            #expect(try await site.claim().isEmpty)
            try await complete(first[0], on: site)
            let last = try await site.claim()
            #expect(last.map(\.id) == [ids[3]])
            try await complete(last[0], on: site)
            let chains = try await site.worker.run(["SELECT chain FROM core.job_chains"])[0]
            #expect(chains.isEmpty)
        }
    }

    @Test("J4: A job in a chain begins neither before its turn nor before its time")
    func timeInChain() async throws {
        try await JobSite.with { site in
            try await site.enqueue(site.tenants[0]) { $0.chain = "c" }
            try await site.enqueue(site.tenants[0]) {
                $0.chain = "c"
                $0.runAt = Timestamp.now().advanced(by: .seconds(3600))
            }
            let first = try await site.claim()
            try await complete(try #require(first.first), on: site)
            #expect(try await site.claim().isEmpty)
            try await asAdmin(site, "UPDATE core.jobs_waiting SET run_at = now() WHERE run_at < 'infinity'")
            #expect(try await site.claim().count == 1)
        }
    }

    @Test("J3: The last of many requests wins, whether the one before is ready or runs")
    func lastWins() async throws {
        try await JobSite.with { site in
            func ask(_ number: Int) async throws {
                try await site.enqueue(site.tenants[0], ["n": .integer(Int64(number))]) {
                    ($0.uniqueKey, $0.replacesWaiting) = ("a", true)
                }
            }
            for number in 1...2 { try await ask(number) }
            let first = try await site.claim()
            #expect(first.map { Int(field: $0.payload["n"]) } == [2])
            for number in 3...4 { try await ask(number) }
            let second = try await site.claim()
            #expect(second.map { Int(field: $0.payload["n"]) } == [4])
            try await complete(first[0], on: site)
            try await complete(second[0], on: site)
            let keys = try await site.worker.run(["SELECT unique_key FROM core.job_keys"])[0]
            #expect(keys.isEmpty)
        }
    }

    @Test(
        "A payload that nobody can read is dead at once, and keeps no other tenant's job", arguments: ["1e400", "deep"])
    func unreadable(_ kind: String) async throws {
        try await JobSite.with { site in
            let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
            let payload = #"{"a": \#(kind == "deep" ? deep : kind)}"#
            _ = try await site.tx(site.tenants[0]).rows(
                "SELECT core.enqueue('knowledge.work', \(payload)::jsonb) AS id")
            try await site.enqueue(site.tenants[1])
            try await site.working { _, _ in
            } while: { _ in
                try await site.untilFinished(1)
                let isDead = try await eventually { try await site.count("dead") == 1 }
                #expect(isDead)
            }
            let dead = try await site.worker.run(["SELECT failures -> -1 ->> 'code' AS code FROM core.jobs_dead"])[0]
            let code = try dead.first?.get("code", as: String.self)
            #expect(code == "unreadable_payload")
        }
    }

    @Test("Input is bounded by what it is as text, not by what it takes on disk")
    func bounded() async throws {
        try await JobSite.with { site in
            let payload = "[\(Array(repeating: "1e100000", count: 100).joined(separator: ","))]"
            await #expect(throws: (any Error).self) {
                _ = try await site.tx(site.tenants[0]).rows(
                    "SELECT core.enqueue('knowledge.work', \(payload)::jsonb) AS id")
            }
            let ready = try await site.count("ready")
            #expect(ready == 0)
        }
    }

    @Test("A failure with a NUL in it is noted like any other")
    func noted() async throws {
        try await JobSite.with { site in
            try await site.enqueue(site.tenants[0])
            try await site.working { _, _ in
                throw JobRefused("no\0where")
            } while: { _ in
                let isDead = try await eventually { try await site.count("dead") == 1 }
                #expect(isDead)
            }
        }
    }

    @Test("J7: What a worker has claimed without knowing is given back uncounted, and what it knows it keeps")
    func lostClaim() async throws {
        try await JobSite.with { site in
            for tenant in site.tenants { try await site.enqueue(tenant) }
            let lease = WorkerLease(module: site.name, pipeline: site.worker)
            try await lease.begin()
            let jobs = try await site.claim(2, for: lease.id)
            try #require(jobs.count == 2)
            #expect(try await lease.giveBack(except: []) == 0, "an answer may still be on its way")
            try await asAdmin(site, "UPDATE core.jobs_running SET claimed_at = now() - interval '1 minute'")
            #expect(try await lease.giveBack(except: [jobs[0].lease]) == 1)
            #expect(try await site.claim().map(\.attempt) == [1])
            #expect(try await site.count("running") == 2)
        }
    }

    @Test("A job that goes on in another, page by page, is no loop")
    func pages() async throws {
        try await JobSite.with { site in
            try await site.enqueue(site.tenants[0], ["n": 1])
            let pages = Notebook<Int>()
            try await site.working { run, input in
                let number = Int(field: input["n"]) ?? 0
                pages.note(number)
                guard number < 10 else { return }
                let next = JobRequest("knowledge.work", ["n": .integer(Int64(number + 1))])
                try await run.finish(["SELECT \(next.enqueuing)"])
            } while: { _ in
                try await site.untilFinished(10)
            }
            #expect(pages.entries == Array(1...10))
            let depths = try await site.worker.run(["SELECT DISTINCT root, depth FROM core.jobs_finished"])[0]
            #expect(depths.count == 1)
            #expect(try depths.first?.get("depth", as: Int.self) == 0)
        }
    }

    @Test("P6: A process is started for work that may begin, and for none that is parked")
    func parked() async throws {
        try await JobSite.with(tenants: 3) { site in
            let supervisor = JobSupervisor(
                pipeline: site.worker, logger: site.logger, onCrash: { _ in }, arguments: { _ in [] })
            for tenant in site.tenants { try await site.enqueue(tenant) }
            #expect(await supervisor.modulesWithWork() == [JobSite.module])
            try await asAdmin(
                site,
                """
                INSERT INTO core.tenant_modules (tenant_id, module_id, enabled)
                SELECT id, \(JobSite.module), false FROM core.tenants WHERE id <> \(site.tenants[0])
                """)
            #expect(await supervisor.modulesWithWork() == [JobSite.module])
            try await asAdmin(site, "UPDATE core.tenants SET status = 'suspended' WHERE id = \(site.tenants[0])")
            #expect(await supervisor.modulesWithWork().isEmpty)
            try await asAdmin(
                site, "UPDATE core.tenant_modules SET enabled = true WHERE tenant_id = \(site.tenants[2])")
            #expect(await supervisor.modulesWithWork() == [JobSite.module])
        }
    }
}
