import Foundation
import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

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
                let waits = try await eventually { try await JobLockTests.somebodyWaits(site) }
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

    private static func cancel(_ id: UUID, of tenant: TenantID, _ site: JobSite) async throws {
        try await site.database.asSuperuser { admin in
            let row = try await admin.run("SELECT core.cancel_job(\(tenant), \(id)) AS state").first
            #expect(try row?.get("state", as: String?.self) == "waiting")
        }
    }

    private static func somebodyWaits(_ site: JobSite) async throws -> Bool {
        try await site.database.asSuperuser { admin in
            let waiting = try await admin.run(
                """
                SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)
            return waiting.count > 0
        }
    }
}
