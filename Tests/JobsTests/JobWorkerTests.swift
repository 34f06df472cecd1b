import Foundation
import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("Job worker")
struct JobWorkerTests {
    @Test("A job runs once, inside of its tenant's session, and is finished with it")
    func runs() async throws {
        try await JobSite.with { site in
            let seen = Notebook<(TenantID, Int, TenantID)>()
            try await site.working { run, input in
                let row = try await run.tx.rows("SELECT core.tenant_id() AS tenant").first
                let inside: UUID? = try row?.get("tenant")
                seen.note((run.tenant, Int(field: input["n"]) ?? 0, TenantID(inside ?? UUID())))
            } while: { _ in
                try await site.enqueue(site.tenants[0], ["n": 1])
                try await site.enqueue(site.tenants[1], ["n": 2])
                try await site.untilFinished(2)
            }
            let entries = seen.entries.sorted { $0.1 < $1.1 }
            #expect(entries.map(\.0) == site.tenants && entries.map(\.1) == [1, 2])
            #expect(entries.allSatisfy { $0.0 == $0.2 })
            #expect(try await site.count("running") == 0)
        }
    }
}
