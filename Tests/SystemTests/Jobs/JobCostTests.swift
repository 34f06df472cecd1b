import Foundation
import PluginKit
import Postgres
import TestKit
import Testing

/// What a job costs the database, on a server that has nothing else to do; `deploy/bench jobs` measures how fast it is.
@Suite("Job costs", .serialized, .timeLimit(.minutes(15)))
struct JobCostTests {
    private static let jobs = 2000
    /// One that finishes it, and a part of the one that claims it.
    private static let mostTransactions = 1.5
    /// A few rows and their places in indices; pages that are written whole after a checkpoint among them.
    private static let mostBytes = 7_000.0

    @Test("J14: A job takes one transaction of its own and a bounded piece of the write-ahead log, from begin to end")
    func costs() async throws {
        try await WorkSite.with { site in
            // Until the process is there that runs them.
            try await Self.run(200, before: 0, site)
            let before = (transactions: try await Self.transactions(site), bytes: try await Self.bytes(site))
            try await Self.run(Self.jobs, before: 200, site)
            let after = (transactions: try await Self.transactions(site), bytes: try await Self.bytes(site))
            let transactions = Double(after.transactions - before.transactions) / Double(Self.jobs)
            let bytes = Double(after.bytes - before.bytes) / Double(Self.jobs)
            print("J14: \(transactions) transactions and \(bytes) bytes of WAL for a job")
            // None is done without one: less would mean that this counts the wrong thing.
            #expect(transactions >= 1 && transactions <= Self.mostTransactions)
            #expect(bytes > 100 && bytes <= Self.mostBytes)
            #expect(try await site.number("SELECT count(*) FROM knowledge.knowledge_items") == Self.jobs + 200)
        }
    }

    private static func run(_ count: Int, before done: Int, _ site: WorkSite) async throws {
        try await site.flood("nothing", 0, count: count)
        let areDone = try await eventually(within: .seconds(120)) {
            try await site.number("SELECT count(*) FROM core.jobs_finished") == done + count
        }
        #expect(areDone)
    }

    /// The number of the transaction that will write next: those that only read have none.
    private static func transactions(_ site: WorkSite) async throws -> Int {
        try await site.number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int8")
    }

    /// What the server has written to its log.
    private static func bytes(_ site: WorkSite) async throws -> Int {
        try await site.number("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::int8")
    }
}
