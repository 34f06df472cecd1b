import Foundation
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@testable import Jobs

/// Those who want the same rows at the same moment take them in one order.
@Suite("Job locks")
struct JobLockTests {
    @Test("A job that is replaced under its key and taken out at the same moment is both, and nobody waits for ever")
    func cancelledWhileReplaced() async throws {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            let id = try await site.enqueue(tenant) { $0.uniqueKey = "k" }
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                // As core.hold_job_key() begins.
                try await admin.run("SELECT FROM core.job_keys WHERE tenant_id = \(tenant) FOR UPDATE")
                async let cancelled: Void = JobLockTests.cancel(id, of: tenant, site)
                let waits = try await eventually { try await site.database.isAnybodyWaiting() }
                #expect(waits)
                try await admin.run(
                    """
                    SELECT core.put_job(
                        \(tenant), 'knowledge', 'knowledge.work', '{}', NULL, 5::int2, NULL, 'k', NULL, true, NULL,
                        0::int2, NULL)
                    """)
                try await admin.run("COMMIT")
                try await cancelled
            }
            for (place, count) in [("ready", 0), ("waiting", 0), ("finished", 1)] {
                #expect(try await site.count(place) == count, "\(place)")
            }
        }
    }

    @Test("What an open transaction holds, ready or waiting, is passed over, and nobody else's jobs wait for it")
    func held() async throws {
        try await JobSite.with(tenants: 3) { site in
            let holding = site.tenants[0]
            for tenant in site.tenants {
                try await site.enqueue(tenant)
                try await site.enqueue(tenant) { $0.runAt = Timestamp.now().advanced(by: .seconds(3600)) }
            }
            try await site.database.asSuperuser { admin in
                try await admin.run("UPDATE core.jobs_waiting SET run_at = now()")
                try await admin.run("BEGIN")
                try await admin.run("SELECT FROM core.jobs_ready WHERE tenant_id = \(holding) FOR UPDATE")
                try await admin.run("SELECT FROM core.jobs_waiting WHERE tenant_id = \(holding) FOR UPDATE")
                // One at a time, so that the lane of whoever holds its jobs is first again and again.
                var others: [ClaimedJob] = []
                while case let jobs = try await site.claim(1), !jobs.isEmpty { others += jobs }
                #expect(others.count == 4 && !others.contains { $0.tenant == holding })
                try await admin.run("COMMIT")
            }
            let left = try await site.claim()
            #expect(left.count == 2 && left.allSatisfy { $0.tenant == holding })
            #expect(try await site.count("ready") == 0)
            #expect(try await site.count("waiting") == 0)
        }
    }

    @Test(
        "Where the first job of a lane is held the next one begins, also when jobs are looked for from the horizon",
        arguments: [Duration.seconds(3600), .zero])
    func next(cheap: Duration) async throws {
        try await JobSite.with(tenants: 1) { site in
            let queue = JobQueue(module: site.name, pipeline: site.worker, horizon: JobHorizon(cheap: cheap))
            for _ in 1...4 { try await site.enqueue(site.tenants[0]) }
            // Their order within one millisecond is known to the database only.
            let ids = try await site.database.asSuperuser { admin in
                let sorted = try await admin.run("SELECT id FROM core.jobs_ready ORDER BY id")
                return try sorted.rows.map { try $0.get("id", as: UUID.self) }
            }
            let first = try await site.claim(1, from: queue)
            #expect(first.map(\.id.uuid) == [ids[0]])
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("SELECT FROM core.jobs_ready WHERE id = \(ids[1]) FOR UPDATE")
                let next = try await site.claim(1, from: queue)
                #expect(next.map(\.id.uuid) == [ids[2]])
                try await admin.run("COMMIT")
            }
            let rest = try await site.claim(4, from: queue)
            #expect(Set(rest.map(\.id.uuid)) == [ids[1], ids[3]])
        }
    }

    @Test("While the first of a chain is held, none of those that follow begins before it")
    func chained() async throws {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            var ids: [UUID] = []
            for _ in 1...3 { ids.append(try await site.enqueue(tenant) { $0.chain = "c" }) }
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("SELECT FROM core.jobs_ready WHERE id = \(ids[0]) FOR UPDATE")
                #expect(try await site.claim().isEmpty)
                try await admin.run("COMMIT")
            }
            let first = try await site.claim()
            #expect(first.map(\.id.uuid) == [ids[0]])
        }
    }

    private static func cancel(_ id: UUID, of tenant: TenantID, _ site: JobSite) async throws {
        try await site.database.asSuperuser { admin in
            let row = try await admin.run("SELECT core.cancel_job(\(tenant), \(id)) AS state").first
            #expect(try row?.get("state", as: String?.self) == "waiting")
        }
    }
}
