import Foundation
import Jobs
import Observability
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What metrics tell of jobs.
@Suite("Job census", .timeLimit(.minutes(15)))
struct JobCensusTests {
    /// The metrics of a process that has counted once.
    private static func metrics(_ site: JobSite) async throws -> [Substring] {
        let registry = MetricRegistry()
        let census = site.census(in: registry)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await census.run() }
            let isThere = try await eventually { registry.exposition().contains("romashka_jobs_ready{") }
            #expect(isThere)
            group.cancelAll()
            return registry.exposition().split(separator: "\n")
        }
    }

    /// The value of a series; nil when there is none.
    private static func value(_ series: String, _ lines: [Substring]) -> Double? {
        lines.first { $0.hasPrefix("\(series) ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    private static func lane(_ name: String, _ module: String, _ tenant: TenantID) -> String {
        "romashka_jobs_\(name){module=\"\(module)\",tenant=\"\(tenant)\"}"
    }

    @Test("J15: How many jobs are ready, running, waiting and dead is told by queue and tenant, and how long they wait")
    func lanes() async throws {
        try await JobSite.with { site in
            let (one, other) = (site.tenants[0], site.tenants[1])
            for _ in 1...6 { try await site.enqueue(one) }
            let queue = JobQueue(module: site.name, pipeline: site.worker)
            let jobs = try await site.claim(3)
            try #require(jobs.count == 3)
            let wasOurs = try await queue.fail(jobs[0], JobFailure(code: "x", detail: ""), retry: nil)
            #expect(wasOurs)
            try await site.enqueue(one) { $0.runAt = Timestamp.now().advanced(by: .seconds(3600)) }
            try await site.enqueue(other)
            try await site.database.asSuperuser { admin in
                // Of another queue, and older than all others.
                _ = try await admin.run(
                    """
                    INSERT INTO core.jobs_ready (tenant_id, id, module, kind, priority, payload, max_attempts,
                                                 timeout_ms, root, depth, enqueued_at)
                    SELECT \(one), gen_random_uuid(), 'conversations', 'conversations.work', 5, '{}', 1, 1000,
                           gen_random_uuid(), 0::int2, now() - interval '10 minutes'
                    FROM generate_series(1, 2)
                    """)
                _ = try await admin.run(
                    """
                    UPDATE core.jobs_ready SET enqueued_at = now() - interval '5 minutes'
                    WHERE module = 'knowledge' AND tenant_id = \(one)
                    """)
            }
            let lines = try await Self.metrics(site)
            let expected: [(module: String, tenant: TenantID, counts: [Double?])] = [
                ("knowledge", one, [3, 2, 1, 1]), ("knowledge", other, [1, 0, 0, 0]),
                ("conversations", one, [2, 0, 0, 0]),
            ]
            for (module, tenant, counts) in expected {
                let found = ["ready", "running", "waiting", "dead"].map {
                    Self.value(Self.lane($0, module, tenant), lines)
                }
                #expect(found == counts, "\(module) \(tenant)")
            }
            func age(_ module: String, _ tenant: TenantID) -> Double {
                Self.value(Self.lane("oldest_ready_seconds", module, tenant), lines) ?? -1
            }
            #expect((300..<600).contains(age("knowledge", one)))
            #expect((0..<300).contains(age("knowledge", other)))
            #expect((600..<900).contains(age("conversations", one)))
        }
    }

    @Test("J15: However long counting takes, nobody else waits for it, and it comes to an end")
    func slow() async throws {
        try await JobSite.with { site in
            try await site.enqueue(site.tenants[0])
            let registry = MetricRegistry()
            let census = site.census(in: registry)
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("LOCK TABLE core.jobs_dead IN ACCESS EXCLUSIVE MODE")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await census.run() }
                    let waits = try await eventually { try await site.database.isAnybodyWaiting() }
                    #expect(waits)
                    // On the connection that all share this is answered while the other still waits.
                    _ = try await site.worker.run(["SELECT 1"])
                    #expect(try await site.database.isAnybodyWaiting())
                    try await admin.run("COMMIT")
                    let isThere = try await eventually { registry.exposition().contains("romashka_jobs_ready{") }
                    #expect(isThere)
                    group.cancelAll()
                }
            }
        }
    }

    @Test("J15: Attempts that failed and leases that were lost are counted for all workers together, with their time")
    func attempts() async throws {
        try await JobSite.with { site in
            try await site.working(retries: .fixed(.zero)) {
                // Attempts are written down when the worker leaves.
                $0.farewell = .seconds(30)
            } handler: { run, input in
                switch Int(field: input["n"]) ?? 0 {
                case 1 where run.attempt < 3: throw Problem.notFound
                case 2: throw JobRefused("no")
                case 3:
                    try await site.database.asSuperuser { admin in
                        _ = try await admin.run(
                            "UPDATE core.jobs_running SET lease = gen_random_uuid() WHERE payload ->> 'n' = '3'")
                    }
                default: break
                }
            } while: { _ in
                for number in [1, 2, 4, 5] { try await site.enqueue(site.tenants[0], ["n": .integer(Int64(number))]) }
                try await site.untilFinished(3)
                let isDead = try await eventually { try await site.count("dead") == 1 }
                #expect(isDead)
                try await site.enqueue(site.tenants[1], ["n": 3])
                let isTaken = try await eventually { try await site.count("running") == 1 }
                #expect(isTaken)
            }
            let lines = try await Self.metrics(site)
            func total(_ name: String, _ outcome: String) -> Double? {
                Self.value("romashka_jobs_\(name)_total{module=\"knowledge\",outcome=\"\(outcome)\"}", lines)
            }
            let counts = ["succeeded", "failed", "refused", "lease_lost"].map { total("attempts", $0) }
            #expect(counts == [3, 2, 1, 1])
            #expect(total("attempts_seconds", "lease_lost").map { $0 >= 0 } == true)
        }
    }
}
