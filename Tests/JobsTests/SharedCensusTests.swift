import Jobs
import Observability
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What all processes want to know, one of them asks.
@Suite("Shared census")
struct SharedCensusTests {
    @Test("Of many who want to know at once one asks, and the others read its answer until it is old")
    func once() async throws {
        try await JobSite.with { site in
            let asked = Notebook<Int>()
            let census = SharedCensus(.jobs, pipeline: site.worker)
            let first = try await census.answer(noOlderThan: .seconds(60)) {
                asked.note(0)
                return ["n": 0]
            }
            #expect(first == ["n": 0])
            let answers = try await withThrowingTaskGroup(of: JSONValue.self) { group in
                for number in 1...8 {
                    group.addTask {
                        try await SharedCensus(.jobs, pipeline: site.worker).answer(noOlderThan: .seconds(60)) {
                            asked.note(number)
                            return .null
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers == Array(repeating: first, count: 8) && asked.entries == [0])
            // Other questions have answers of their own.
            let other = try await SharedCensus(.system, pipeline: site.worker).answer(noOlderThan: .seconds(60)) {
                ["m": 1]
            }
            #expect(other == ["m": 1])
            try await site.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.censuses SET taken_at = now() - interval '2 minutes'")
            }
            let later = try await census.answer(noOlderThan: .seconds(60)) { ["n": 9] }
            #expect(later == ["n": 9])
        }
    }

    @Test("An answer that nobody could renew for long is none any more")
    func stale() async throws {
        try await JobSite.with { site in
            let census = SharedCensus(.jobs, pipeline: site.worker)
            _ = try await census.answer(noOlderThan: .seconds(60)) { ["n": 1] }
            // Others have asked since, and failed.
            let answers: [(minutes: Int, answer: JSONValue)] = [(4, ["n": 1]), (6, .null)]
            for (minutes, answer) in answers {
                try await site.database.asSuperuser { admin in
                    _ = try await admin.run(
                        "UPDATE core.censuses SET answered_at = now() - make_interval(mins => \(minutes)::int4)")
                }
                let known = try await census.answer(noOlderThan: .seconds(60)) { ["n": 2] }
                #expect(known == answer)
            }
        }
    }

    @Test("The metrics of a process that has not asked itself are those of the one that has")
    func metrics() async throws {
        try await JobSite.with { site in
            try await site.flood(site.tenants[0], 3)
            try await site.flood(site.tenants[1], 2)
            try await site.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.tenants SET status = 'suspended' WHERE id = \(site.tenants[1])")
                _ = try await admin.run("UPDATE core.jobs_ready SET enqueued_at = now() - interval '5 minutes'")
            }
            for _ in 0..<2 {
                let registry = MetricRegistry()
                let census = site.census(in: registry)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await census.run() }
                    let isThere = try await eventually { registry.exposition().contains("romashka_jobs_ready{") }
                    #expect(isThere)
                    group.cancelAll()
                }
                let text = registry.exposition()
                #expect(text.contains("tenant=\"\(site.tenants[0])\"} 3"), "\(text)")
                #expect(text.contains("tenant=\"\(site.tenants[1])\"} 2"), "\(text)")
                // Parked jobs are not late.
                let ages = text.split(separator: "\n").filter { $0.hasPrefix("romashka_jobs_oldest_ready_seconds{") }
                #expect(ages.contains { $0.contains("\(site.tenants[1])") && $0.hasSuffix(" 0.0") }, "\(ages)")
                #expect(ages.contains { $0.contains("\(site.tenants[0])") && !$0.hasSuffix(" 0.0") }, "\(ages)")
            }
        }
    }
}
