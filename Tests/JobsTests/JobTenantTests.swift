import Foundation
import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Whose a job is: its session's, whatever its payload says, and nobody's once the tenant is gone.
@Suite("Job tenants")
struct JobTenantTests {
    @Test("A66: A payload that names another tenant reaches nothing of it: the job runs for whoever enqueued it")
    func payloads() async throws {
        try await JobSite.with { site in
            let (victim, attacker) = (site.tenants[0], site.tenants[1])
            try await site.database.server.asSuperuser(database: site.database.name) { admin in
                for tenant in site.tenants {
                    try await admin.run(
                        """
                        INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
                        VALUES (\(tenant), \(ID<Void>.make()), 'x')
                        """)
                }
            }
            let seen = Notebook<(TenantID, Int, String)>()
            try await site.working { run, input in
                // A handler that believes its payload.
                let named = input["text"]?.string ?? ""
                let rows = try await run.tx.rows(
                    "SELECT 1 FROM knowledge.knowledge_items WHERE tenant_id = \(named)::uuid")
                let written = await refusal {
                    _ = try await run.tx.rows(
                        """
                        INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
                        VALUES (\(named)::uuid, \(ID<Void>.make()), 'stolen')
                        """)
                }
                seen.note((run.tenant, rows.count, written))
            } while: { _ in
                try await site.enqueue(attacker, ["text": .string(victim.description)])
                try await site.enqueue(attacker, ["text": .string(attacker.description)])
                try await site.untilFinished(2)
            }
            #expect(seen.entries.allSatisfy { $0.0 == attacker })
            #expect(Set(seen.entries.map { "\($0.1) \($0.2)" }) == ["0 42501", "1 "])
        }
    }

    @Test("A66: A job whose tenant is erased while it runs is tried by nobody again, and leaves no row behind")
    func erased() async throws {
        try await JobSite.with { site in
            let (gone, kept) = (site.tenants[0], site.tenants[1])
            let attempts = Notebook<TenantID>()
            try await site.working { run, _ in
                attempts.note(run.tenant)
                guard run.tenant == gone else { return }
                try await site.database.server.asSuperuser(database: site.database.name) { admin in
                    try await admin.run("SELECT core.erase_tenant(\(gone))")
                }
                throw Problem.notFound
            } while: { _ in
                try await site.enqueue(gone)
                try await site.enqueue(gone) { $0.runAt = Timestamp.now().advanced(by: .seconds(3600)) }
                let isGone = try await eventually { attempts.entries.contains(gone) }
                #expect(isGone)
                // One after the other: when the later is done, the former would have been tried again.
                for number in 1...3 {
                    try await site.enqueue(kept)
                    try await site.untilFinished(number)
                }
            }
            #expect(attempts.entries.count { $0 == gone } == 1)
            for table in ["jobs_ready", "jobs_waiting", "jobs_running", "jobs_finished", "jobs_dead", "job_lanes"] {
                let left = try await site.database.server.asSuperuser(database: site.database.name) { admin in
                    try await admin.run("SELECT 1 FROM core.\(unsafeSQL: table) WHERE tenant_id = \(gone)").count
                }
                #expect(left == 0, "\(table)")
            }
        }
    }
}

/// PostgreSQL's code for what `body` was refused with; empty when it was not.
private func refusal(_ body: () async throws -> Void) async -> String {
    do {
        try await body()
        return ""
    } catch let error as DatabaseError {
        return error.sqlState ?? error.code.rawValue
    } catch {
        return "\(error)"
    }
}
