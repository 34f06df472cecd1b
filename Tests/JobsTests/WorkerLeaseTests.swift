import Foundation
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@testable import Jobs

/// How long a worker's jobs are its own. Time goes by in the database: nobody waits for a lease to end.
@Suite("Worker lease", .timeLimit(.minutes(15)))
struct WorkerLeaseTests {
    /// Lets so much of what is left to every worker go by.
    private static func pass(_ seconds: Double, _ site: JobSite) async throws {
        try await site.database.asSuperuser { admin in
            _ = try await admin.run(
                "UPDATE core.job_workers SET expires_at = expires_at - make_interval(secs => \(seconds))")
            _ = try await admin.run(
                "UPDATE core.jobs_running SET claimed_at = claimed_at - make_interval(secs => \(seconds))")
        }
    }

    /// Seconds until the first of all workers is no longer heard of.
    private static func left(_ site: JobSite) async throws -> Double {
        try await site.database.asSuperuser { admin in
            try await admin.run(
                """
                SELECT EXTRACT(epoch FROM min(expires_at) - clock_timestamp())::float8 AS seconds
                FROM core.job_workers
                """
            ).first?.get("seconds") ?? 0
        }
    }

    @Test("J7: A job that takes many leases long stays with its worker while that one beats, and goes when it does not")
    func renewed() async throws {
        try await JobSite.with { site in
            for _ in 1...2 { try await site.enqueue(site.tenants[0]) }
            let lease = WorkerLease(module: site.name, pipeline: site.worker)
            try await lease.begin()
            let jobs = try await site.claim(2, for: lease.id)
            try #require(jobs.count == 2)
            // Three times as long as a lease lasts, half of one at a time.
            let half: Double = WorkerLease.lifetime / .seconds(1) / 2
            for _ in 0..<6 {
                try await Self.pass(half, site)
                #expect(try await WorkerLease.rescue(site.worker) == 0)
                #expect(try await site.claim().isEmpty)
                #expect(try await lease.renew())
                #expect(try await lease.giveBack(except: Set(jobs.map(\.lease))) == 0)
                #expect(try await Self.left(site) > half)
            }
            let actor = Actor(kind: .system, id: ActorID(jobs[0].id.uuid), role: "system")
            let session = TenantSession(verified: site.tenants[0], actor: actor)
            _ = try await site.databases.database(of: site.name).open(session, mode: .write)
                .rows("SELECT core.complete(\(jobs[0].lease))")
            #expect(try await site.count("finished") == 1)
            try await Self.pass(half * 4, site)
            #expect(try await WorkerLease.rescue(site.worker) == 1)
            let isOurs = try await lease.renew()
            #expect(!isOurs)
            let others = try await site.claim()
            #expect(others.map(\.id) == [jobs[1].id] && others.map(\.attempt) == [2])
        }
    }

    @Test("J7: What a process leaves is its own worker's, not that of another with its number and its machine's name")
    func released() async throws {
        try await JobSite.with { site in
            for tenant in site.tenants { try await site.enqueue(tenant) }
            // Both say that they are this process.
            let dead = WorkerLease(module: site.name, pipeline: site.worker)
            let living = WorkerLease(module: site.name, pipeline: site.worker)
            try await dead.begin()
            try await living.begin()
            let left = try await site.claim(1, for: dead.id)
            let kept = try await site.claim(1, for: living.id)
            try #require(left.count == 1 && kept.count == 1)
            let failure = JobFailure(code: "process_ended", detail: "its process ended")
            try await WorkerLease.release(dead.id, failure: failure, counts: true, site.worker)
            #expect(try await site.claim().map(\.id) == left.map(\.id))
            #expect(try await living.renew())
            #expect(try await site.count("running") == 2)
            let isThere = try await dead.renew()
            #expect(!isThere)
        }
    }

    @Test("J7: However many jobs a worker leaves behind, others have them, but for those that somebody holds")
    func held() async throws {
        try await JobSite.with(attempts: 1) { site in
            let tenant = site.tenants[0]
            try await site.enqueue(tenant) { $0.uniqueKey = "k" }
            try await site.flood(tenant, 120)
            // By a worker that was never heard of.
            let jobs = try await site.claim(200)
            try #require(jobs.count == 121)
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("SELECT FROM core.job_keys WHERE tenant_id = \(tenant) FOR UPDATE")
                try await admin.run(
                    "SELECT FROM core.jobs_running WHERE unique_key IS NULL ORDER BY id LIMIT 1 FOR UPDATE")
                #expect(try await WorkerLease.rescue(site.worker) == 119)
                #expect(try await site.count("running") == 2)
                try await admin.run("COMMIT")
            }
            #expect(try await WorkerLease.rescue(site.worker) == 2)
            #expect(try await site.count("dead") == 121)
        }
    }

    @Test("J7: A process that has ended is forgotten when none of its jobs is left")
    func forgotten() async throws {
        try await JobSite.with { site in
            try await site.flood(site.tenants[0], 30)
            let lease = WorkerLease(module: site.name, pipeline: site.worker)
            try await lease.begin()
            let jobs = try await site.claim(30, for: lease.id)
            try #require(jobs.count == 30)
            func release() async throws -> [Int] {
                try await WorkerLease.release(
                    lease.id, failure: JobFailure(code: "process_ended", detail: ""), counts: false, site.worker)
                let known = try await site.worker.run(["SELECT id FROM core.job_workers"])[0].count
                return [try await site.count("running"), known]
            }
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("SELECT FROM core.jobs_running WHERE id = \(jobs[7].id) FOR UPDATE")
                #expect(try await release() == [1, 1])
                try await admin.run("COMMIT")
            }
            #expect(try await release() == [0, 0])
            #expect(try await site.claim().map(\.attempt) == Array(repeating: 1, count: 30))
        }
    }

    @Test("J7: A worker beats while its job goes on, so nobody else begins it")
    func beats() async throws {
        try await JobSite.with(timeout: .seconds(600)) { site in
            let begun = Notebook<Int>()
            let (gate, key) = AsyncStream<Void>.makeStream()
            try await site.working { run, _ in
                begun.note(run.attempt)
                for await _ in gate { break }
            } while: { _ in
                try await site.enqueue(site.tenants[0])
                let isBegun = try await eventually { begun.entries.count == 1 }
                #expect(isBegun)
                // Longer than a lease lasts in all, and less than half of one at a time.
                for _ in 0..<3 {
                    try await Self.pass(8, site)
                    let isRenewed = try await eventually { try await Self.left(site) > 14 }
                    #expect(isRenewed)
                    #expect(try await WorkerLease.rescue(site.worker) == 0)
                    #expect(try await site.claim().isEmpty)
                }
                key.yield(())
                try await site.untilFinished(1)
            }
            #expect(begun.entries == [1])
        }
    }
}
