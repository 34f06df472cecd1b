import Foundation
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@testable import Jobs

/// Whose turn it is, with the lanes as PostgreSQL keeps them; `FairShareTests` shows the rule itself.
@Suite("Job fairness", .timeLimit(.minutes(15)))
struct JobFairnessTests {
    /// A queue that looks from the beginning each time, however long that takes on this machine.
    private static func queue(_ site: JobSite) -> JobQueue {
        JobQueue(module: site.name, pipeline: site.worker, horizon: JobHorizon(cheap: .seconds(3600)))
    }

    private static func claim(_ slots: Int, from queue: JobQueue, _ site: JobSite) async throws -> [TenantID] {
        try await site.claim(slots, from: queue).map(\.tenant)
    }

    @Test("J5: One tenant's single job is in the very next claim although another has ten thousand waiting")
    func single() async throws {
        try await JobSite.with { site in
            let (flooding, other) = (site.tenants[0], site.tenants[1])
            try await site.flood(flooding, 10_000)
            let queue = Self.queue(site)
            for slots in [1, 16, 64] {
                for _ in 0..<3 {
                    #expect(try await Self.claim(slots, from: queue, site) == Array(repeating: flooding, count: slots))
                }
                try await site.enqueue(other)
                let next = try await Self.claim(slots, from: queue, site)
                #expect(next.count == slots && next.count { $0 == other } == 1, "\(slots) slots")
            }
        }
    }

    @Test("J5: A worker begins one tenant's single job while another has thousands waiting still")
    func flooded() async throws {
        try await JobSite.with { site in
            try await site.flood(site.tenants[0], 10_000)
            let begun = Notebook<TenantID>()
            try await site.working { run, _ in
                begun.note(run.tenant)
                try await Task.sleep(for: .milliseconds(5))
            } while: { _ in
                try await site.enqueue(site.tenants[1])
                let isBegun = try await eventually { begun.entries.contains(site.tenants[1]) }
                #expect(isBegun)
            }
            // If turns went by arrival, all of the other's would have begun before it.
            let place = try #require(begun.entries.firstIndex(of: site.tenants[1]))
            #expect(place < 5000)
            #expect(try await site.count("ready") > 4000)
        }
    }

    @Test("J5: Weights of 1 and 3 hold within 10 % of what is claimed, however many at once", arguments: [1, 8, 64])
    func weights(slots: Int) async throws {
        try await JobSite.with { site in
            let (light, heavy) = (site.tenants[0], site.tenants[1])
            try await site.database.asSuperuser { admin in
                let limits: JSONValue = ["job_weight": 3]
                _ = try await admin.run("UPDATE core.tenants SET limits = \(limits) WHERE id = \(heavy)")
            }
            for tenant in site.tenants { try await site.flood(tenant, 1200) }
            let queue = Self.queue(site)
            var claimed: [TenantID] = []
            while claimed.count < 800 {
                let next = try await Self.claim(slots, from: queue, site)
                try #require(next.count == slots)
                claimed += next
            }
            let ratio = Double(claimed.count { $0 == heavy }) / Double(claimed.count { $0 == light })
            #expect(abs(ratio / 3 - 1) < 0.1, "\(ratio)")
        }
    }
}
