import Foundation
@_spi(Kernel) import PluginKit
import Postgres
import TestKit
import Testing

@testable import Jobs

@Suite("Job horizon")
struct JobHorizonTests {
    private static let begin = ContinuousClock.now
    private static let strand = JobHorizon.Strand(tenant: .make(), priority: 5)

    /// An id of a time, in milliseconds since 1970.
    private static func id(_ milliseconds: Int64) -> UUID {
        func byte(_ place: Int64) -> UInt8 { UInt8(truncatingIfNeeded: milliseconds >> place) }
        return UUID(
            uuid: (byte(40), byte(32), byte(24), byte(16), byte(8), byte(0), 0x7A, 1, 0xB2, 3, 4, 5, 6, 7, 8, 9))
    }

    @Test("looks that are cheap all begin at the beginning")
    func cheap() {
        var horizon = JobHorizon()
        horizon.passed([(Self.strand, Self.id(1_800_000_000_000))])
        horizon.lookedWhole(from: Self.begin, to: Self.begin + .milliseconds(20))
        #expect(!horizon.isQuick(at: Self.begin + .milliseconds(21)) && horizon.floors.isEmpty)
    }

    @Test(
        "a look that took long is not repeated for nineteen times as long, nor for more than a second and a half",
        arguments: [(30, 570), (50, 950), (400, 1500)])
    func rationed(took: Int, pause: Int) {
        var horizon = JobHorizon()
        horizon.passed([(Self.strand, Self.id(1_800_000_000_000))])
        let end = Self.begin + .milliseconds(took)
        horizon.lookedWhole(from: Self.begin, to: end)
        #expect(horizon.isQuick(at: end) && horizon.isQuick(at: end + .milliseconds(pause - 1)))
        #expect(!horizon.isQuick(at: end + .milliseconds(pause + 1)))
    }

    @Test("where nothing was claimed there is no horizon")
    func nothing() {
        var horizon = JobHorizon()
        horizon.lookedWhole(from: Self.begin, to: Self.begin + .seconds(1))
        #expect(!horizon.isQuick(at: Self.begin + .seconds(1)))
    }

    @Test("the horizon lies a quarter of a second before the last job, and never goes back")
    func floors() {
        var horizon = JobHorizon()
        let other = JobHorizon.Strand(tenant: Self.strand.tenant, priority: 1)
        horizon.passed([(Self.strand, Self.id(1_800_000_000_900)), (other, Self.id(1_700_000_000_000))])
        horizon.passed([(Self.strand, Self.id(1_800_000_000_100))])
        let floor = UUID(uuid: Self.id(1_800_000_000_650).uuid)
        #expect(horizon.floors[Self.strand]?.uuidString.prefix(13) == floor.uuidString.prefix(13))
        #expect(horizon.floors[Self.strand]?.uuidString.suffix(22) == "7000-8000-000000000000".suffix(22))
        #expect(horizon.floors[other]?.uuidString.prefix(13) == Self.id(1_699_999_999_750).uuidString.prefix(13))
    }

    @Test("what waits is looked for from a quarter of a second before the last time that came, until a look is cheap")
    func due() {
        var horizon = JobHorizon()
        let moment = Timestamp(microseconds: 1_800_000_000_000_000)
        horizon.cameDue(upTo: moment)
        horizon.cameDue(upTo: moment.advanced(by: .seconds(-1)))
        #expect(horizon.due == moment.advanced(by: .milliseconds(-250)))
        horizon.lookedWhole(from: Self.begin, to: Self.begin + .milliseconds(400))
        #expect(horizon.due != nil)
        horizon.lookedWhole(from: Self.begin, to: Self.begin + .milliseconds(1))
        #expect(horizon.due == nil)
    }

    @Test("A job that comes to wait before the horizon is found all the same")
    func late() async throws {
        try await JobSite.with { site in
            let queue = JobQueue(module: site.name, pipeline: site.worker, horizon: JobHorizon(cheap: .zero))
            for tenant in site.tenants {
                for hour in 1...2 {
                    try await site.enqueue(tenant) { $0.runAt = Timestamp.now().advanced(by: .seconds(hour * 3600)) }
                }
            }
            try await site.database.asSuperuser { admin in
                _ = try await admin.run(
                    "UPDATE core.jobs_waiting SET run_at = now() WHERE run_at < now() + interval '90 minutes'")
            }
            #expect(try await site.claim(from: queue).count == 2)
            try await site.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.jobs_waiting SET run_at = now() - interval '1 hour'")
            }
            #expect(try await site.claim(from: queue).count == 2)
        }
    }

    @Test("J13: Looked for from the horizon, every job is claimed once, also those that come to lie before it")
    func claims() async throws {
        try await JobSite.with { site in
            let queue = JobQueue(module: site.name, pipeline: site.worker, horizon: JobHorizon(cheap: .zero))
            func claim(_ slots: Int) async throws -> [ClaimedJob] {
                try await site.claim(slots, from: queue)
            }
            var ids: Set<UUID> = []
            for number in 0..<60 {
                let tenant = site.tenants[number % 2]
                ids.insert(try await site.enqueue(tenant) { $0.priority = number % 3 })
            }
            var claimed: [ClaimedJob] = []
            for _ in 0..<2 { claimed += try await claim(7) }
            // Claimed from the horizon, they come in the order of their priorities still.
            #expect(Set(claimed.map(\.priority)) == [0])
            // One of an hour ago, as a retry is; before the horizon of everybody.
            try await site.database.asSuperuser { admin in
                _ = try await admin.run(
                    """
                    UPDATE core.jobs_ready
                    SET id = '01900000-0000-7000-8000-000000000001'
                    WHERE id = (SELECT id FROM core.jobs_ready ORDER BY id DESC LIMIT 1)
                    """)
            }
            while case let jobs = try await claim(7), !jobs.isEmpty { claimed += jobs }
            #expect(claimed.count == 60 && Set(claimed.map(\.id)).count == 60)
            #expect(claimed.contains { $0.id.uuid.uuidString.hasPrefix("01900000") })
            #expect(try await site.count("ready") == 0)
        }
    }
}
