import Foundation
import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Jobs with a key, of which there is one at a time.
extension JobQueueTests {
    @Test("J3: Of fifty that are enqueued at once under one key there is one, and another when it is done")
    func unique() async throws {
        try await JobSite.with { site in
            let ids = try await withThrowingTaskGroup(of: UUID.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await site.enqueue(site.tenants[0]) { $0.uniqueKey = "a" } }
                }
                return try await group.reduce(into: Set<UUID>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await site.count("ready") == 1)
            let other = try await site.enqueue(site.tenants[1]) { $0.uniqueKey = "a" }
            #expect(!ids.contains(other))
            try await site.working { _, _ in
            } while: { _ in
                try await site.untilFinished(2)
            }
            let next = try await site.enqueue(site.tenants[0]) { $0.uniqueKey = "a" }
            #expect(!ids.contains(next))
        }
    }

    @Test("J3: A key with a period is held for it, done or not")
    func period() async throws {
        try await JobSite.with { site in
            let first = try await site.enqueue(site.tenants[0]) { ($0.uniqueKey, $0.uniqueFor) = ("a", .seconds(3600)) }
            try await site.working { _, _ in
            } while: { _ in
                try await site.untilFinished(1)
            }
            let second = try await site.enqueue(site.tenants[0]) {
                ($0.uniqueKey, $0.uniqueFor) = ("a", .seconds(3600))
            }
            #expect(second == first)
        }
    }

    @Test("J3: The last of many requests wins while the job waits")
    func debounce() async throws {
        try await JobSite.with { site in
            for number in 1...3 {
                try await site.enqueue(site.tenants[0], ["n": .integer(Int64(number))]) {
                    $0.uniqueKey = "a"
                    $0.replacesWaiting = true
                    $0.runAt = Timestamp.now().advanced(by: number < 3 ? .seconds(3600) : .milliseconds(50))
                }
            }
            #expect(try await site.count("waiting") == 1)
            let seen = Notebook<Int>()
            try await site.working { _, input in
                seen.note(Int(field: input["n"]) ?? 0)
            } while: { _ in
                try await site.untilFinished(1)
            }
            #expect(seen.entries == [3])
        }
    }
}
