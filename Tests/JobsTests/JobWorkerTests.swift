import Foundation
import Jobs
import Logging
import Observability
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

    @Test("J5: A job waits for no long one while a slot is free, however few are")
    func lastSlot() async throws {
        try await JobSite.with { site in
            let seen = Notebook<Int>()
            try await site.working {
                $0.slots = 8
            } handler: { _, input in
                let number = Int(field: input["n"]) ?? 0
                seen.note(number)
                // Until the worker leaves.
                if number < 7 { try await Task.sleep(for: .seconds(600)) }
            } while: { _ in
                for number in 0..<7 { try await site.enqueue(site.tenants[0], ["n": .integer(Int64(number))]) }
                let areRunning = try await eventually { seen.entries.count == 7 }
                #expect(areRunning)
                try await site.enqueue(site.tenants[1], ["n": 7])
                try await site.untilFinished(1)
            }
        }
    }

    @Test("J10: A job that no attempt can help is dead at once, one that fails for ever after its last attempt")
    func dead() async throws {
        try await JobSite.with(attempts: 2) { site in
            let attempts = Notebook<Int>()
            try await site.working { run, input in
                attempts.note(run.attempt)
                if Int(field: input["n"]) == 1 { throw JobRefused("there is no such thing") }
                throw Problem.notFound
            } while: { _ in
                try await site.enqueue(site.tenants[0], ["n": 1])
                let isDead = try await eventually { try await site.count("dead") == 1 }
                #expect(isDead)
                try await site.enqueue(site.tenants[0], ["n": 2])
                let areDead = try await eventually { try await site.count("dead") == 2 }
                #expect(areDead)
            }
            #expect(attempts.entries == [1, 1, 2])
        }
    }

    @Test("A job's own policy says when it is tried again, and its handler may know better")
    func retries() async throws {
        try await JobSite.with { site in
            let attempts = Notebook<Int>()
            try await site.working(retries: .fixed(.zero)) { run, input in
                attempts.note(run.attempt)
                guard Int(field: input["n"]) == 1 else { throw Problem.notFound }
                throw JobRetry(after: .seconds(3600), "the other side is closed")
            } while: { _ in
                // By the usual policy the third attempt would come after seventeen seconds.
                try await site.enqueue(site.tenants[0], ["n": 0])
                let isDead = try await eventually(within: .seconds(10)) { try await site.count("dead") == 1 }
                #expect(isDead && attempts.entries == [1, 2, 3])
                try await site.enqueue(site.tenants[0], ["n": 1])
                let isPutOff = try await eventually { try await site.count("waiting") == 1 }
                #expect(isPutOff)
            }
            let waiting = try await site.worker.run([
                """
                SELECT EXTRACT(epoch FROM run_at - clock_timestamp())::float8 AS seconds, attempt::int8,
                       failures -> -1 ->> 'code' AS code, failures -> -1 ->> 'error' AS error
                FROM core.jobs_waiting
                """
            ])[0].first
            #expect(try (3500...3600).contains(waiting?.get("seconds", as: Double.self) ?? 0))
            #expect(try waiting?.get("attempt", as: Int.self) == 1 && waiting?.get("code", as: String.self) == "retry")
            #expect(try waiting?.get("error", as: String.self) == "the other side is closed")
        }
    }

    @Test("What a request has enqueued, what its job logs, and what that enqueues are of one trace")
    func traces() async throws {
        try await JobSite.with { site in
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let request = "00-\(trace)-00f067aa0ba902b7-01"
            let seen = Notebook<[String: String]>()
            try await site.working(tracer: Tracer(ratio: 1)) { run, input in
                let metadata = RequestScope.metadataProvider.get()
                seen.note(metadata.mapValues { "\($0)" }.merging(["job": run.id.description]) { $1 })
                guard Int(field: input["n"]) == 1 else { return }
                try await run.finish(["SELECT \(JobRequest("knowledge.work", ["n": 2]).enqueuing)"])
            } while: { _ in
                try await TraceParent.$current.withValue(request) {
                    _ = try await site.enqueue(site.tenants[0], ["n": 1])
                }
                try await site.untilFinished(2)
            }
            #expect(seen.entries.map { $0["trace_id"] } == [trace, trace])
            #expect(seen.entries.allSatisfy { $0["request_id"] == $0["job"] })
            #expect(Set(seen.entries.map { $0["span_id"] }).count == 2)
            #expect(seen.entries.allSatisfy { $0["span_id"] != "00f067aa0ba902b7" })
        }
    }

    @Test("J9: What a shutdown interrupts is given back at once, and the attempt does not count")
    func interrupted() async throws {
        try await JobSite.with { site in
            try await site.enqueue(site.tenants[0])
            let begun = Notebook<Int>()
            try await site.working { run, _ in
                begun.note(run.attempt)
                try await Task.sleep(for: .seconds(60))
            } while: { _ in
                let isBegun = try await eventually { begun.entries.count == 1 }
                #expect(isBegun)
            }
            #expect(try await site.count("ready") == 1)
            try await site.working { run, _ in
                begun.note(run.attempt)
            } while: { _ in
                try await site.untilFinished(1)
            }
            #expect(begun.entries == [1, 1])
        }
    }

    @Test("J9: A shutdown leaves a flood of quick jobs where it is")
    func leavesFlood() async throws {
        try await JobSite.with { site in
            let done = Notebook<Void>()
            try await site.flood(site.tenants[0], 5000)
            try await site.working { _, _ in
                done.note(())
            } while: { _ in
                let isUnderWay = try await eventually { done.entries.count > 100 }
                #expect(isUnderWay)
            }
            #expect(try await site.count("ready") > 1000)
        }
    }

    @Test("J2: Who enqueues wakes the worker, which finds work by itself too when it hears nothing")
    func woken() async throws {
        try await JobSite.with { site in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await site.databases.bell.tell() }
                let begun = Notebook<Int>()
                try await site.working {
                    ($0.interval, $0.listeningInterval) = (.seconds(1), .seconds(3600))
                } handler: { _, input in
                    begun.note(Int(field: input["n"]) ?? 0)
                } while: { _ in
                    for number in 1...20 {
                        try await site.enqueue(site.tenants[0], ["n": .integer(Int64(number))])
                        let isBegun = try await eventually { begun.entries.count == number }
                        #expect(isBegun)
                    }
                    // The listening connections are cut: what is enqueued now is found by looking.
                    _ = try await site.database.server.asSuperuser(database: site.database.name) { admin in
                        try await admin.run(
                            """
                            SELECT pg_terminate_backend(pid)
                            FROM pg_stat_activity
                            WHERE usename = 'romashka_worker' AND datname = current_database()
                            """)
                    }
                    try await site.enqueue(site.tenants[0], ["n": 21])
                    let isFound = try await eventually { begun.entries.last == 21 }
                    #expect(isFound)
                }
                group.cancelAll()
            }
        }
    }

    @Test("J2: However many enqueue, one message leaves in ten milliseconds")
    func coalesced() async throws {
        try await JobSite.with { site in
            let heard = Notebook<Void>()
            let listener = site.databases.jobListener()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await site.databases.bell.tell() }
                group.addTask { await listener.run { heard.note(()) } }
                let listens = try await eventually { listener.isListening }
                #expect(listens)
                let start = ContinuousClock.now
                try await withThrowingTaskGroup(of: Void.self) { callers in
                    for _ in 0..<500 { callers.addTask { _ = try await site.enqueue(site.tenants[0]) } }
                    try await callers.waitForAll()
                }
                let isHeard = try await eventually { heard.entries.count >= 2 }
                #expect(isHeard)
                let turns = Int(start.duration(to: .now) / JobBell.interval)
                // One of them is what the listener tells itself at its beginning.
                #expect(heard.entries.count <= turns + 2)
                group.cancelAll()
            }
        }
    }
}
