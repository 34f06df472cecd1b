import PluginKit
import Postgres
import ServiceLifecycle
import Tenancy
import TestKit
import Testing

@testable import Jobs

/// How the supervisor looks for work, and what it does when it cannot.
@Suite("Job supervisor")
struct JobSupervisorTests {
    private static func supervisor(_ site: JobSite) -> JobSupervisor {
        // What a test breaks is no news.
        JobSupervisor(
            pipeline: site.worker, logger: site.database.server.logger, onCrash: { _ in }, arguments: { _ in [] })
    }

    @Test("Jobs that wait for later are not read to find out whether one may begin")
    func later() async throws {
        try await JobSite.with { site in
            let supervisor = Self.supervisor(site)
            try await site.enqueue(site.tenants[0]) { $0.runAt = Timestamp.now().advanced(by: .seconds(3600)) }
            let plan = try await site.database.asSuperuser { admin in
                try await admin.run(
                    """
                    INSERT INTO core.jobs_waiting
                    SELECT (jsonb_populate_record(w, jsonb_build_object('id', gen_random_uuid()))).*
                    FROM core.jobs_waiting AS w
                    CROSS JOIN generate_series(1, 3000)
                    """)
                try await admin.run("ANALYZE core.jobs_waiting")
                let statement = JobSupervisor.work(of: JobSite.module)
                return try await admin.run(
                    "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) \(statement)"
                ).rows.map { try $0.get(0, as: String.self) }
            }
            let removed = plan.filter { $0.contains("Rows Removed by Filter:") }.compactMap { line in
                line.split(separator: " ").last.flatMap { Int($0) }
            }
            #expect(removed.reduce(0, +) < 100, "\(plan.joined(separator: "\n"))")
            #expect(await supervisor.modulesWithWork().isEmpty)
            // One of them is due.
            try await site.database.asSuperuser { admin in
                _ = try await admin.run(
                    """
                    UPDATE core.jobs_waiting
                    SET run_at = clock_timestamp()
                    WHERE id = (SELECT id FROM core.jobs_waiting LIMIT 1)
                    """)
            }
            #expect(await supervisor.modulesWithWork() == [JobSite.module])
        }
    }

    @Test("Jobs of a worker that died are ready again though work cannot be looked for")
    func rescue() async throws {
        try await JobSite.with { site in
            try await site.enqueue(site.tenants[0])
            let lease = WorkerLease(module: site.name, pipeline: site.worker)
            try await lease.begin()
            let jobs = try await site.claim(for: lease.id)
            try #require(jobs.count == 1)
            try await site.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.job_workers SET expires_at = now() - interval '1 second'")
                _ = try await admin.run("REVOKE SELECT ON core.plugin_pauses FROM romashka_worker")
            }
            let group = ServiceGroup(services: [Self.supervisor(site)], logger: site.database.server.logger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let isReady = try await eventually { try await site.count("running") == 0 }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                #expect(isReady)
            }
        }
    }
}
