import Foundation
import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("Job durability")
struct JobDurabilityTests {
    /// Numbers that a transaction wrote together with a job, as they are found afterwards.
    private func numbers(_ site: JobSite, _ statement: SQL) async throws -> [Int] {
        try await site.database.server.asSuperuser(database: site.database.name) { admin in
            try await admin.run(statement).rows.map { try $0.get("n") }
        }
    }

    @Test("J1: While connections are killed a thousand times, a job is there exactly if its change is")
    func killed() async throws {
        try await JobSite.with { site in
            try await site.database.server.asSuperuser(database: site.database.name) { admin in
                try await admin.script(
                    """
                    CREATE TABLE knowledge.changes (n bigint PRIMARY KEY);
                    GRANT INSERT ON knowledge.changes TO romashka_m_knowledge;
                    """)
            }
            let (kills, begun, answered) = (Notebook<Int>(), Notebook<Void>(), Notebook<Int>())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await site.database.server.asSuperuser(database: site.database.name) { admin in
                        while kills.entries.reduce(0, +) < 1000 {
                            let killed = try await admin.run(
                                """
                                SELECT pg_terminate_backend(pid)
                                FROM pg_stat_activity
                                WHERE usename = 'romashka_m_knowledge' AND datname = current_database()
                                """)
                            kills.note(killed.count)
                        }
                    }
                }
                for caller in 0..<8 {
                    group.addTask {
                        var number = caller
                        while kills.entries.reduce(0, +) < 1000 {
                            number += 8
                            begun.note(())
                            let request = JobRequest("knowledge.work", ["n": .integer(Int64(number))])
                            let isAnswered = try? await site.tx(site.tenants[0]).batch([
                                "INSERT INTO knowledge.changes (n) VALUES (\(Int64(number)))",
                                "SELECT \(request.enqueuing)",
                            ])
                            if isAnswered != nil { answered.note(number) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let changes = try await numbers(site, "SELECT n FROM knowledge.changes ORDER BY n")
            let jobs = try await numbers(
                site, "SELECT (payload ->> 'n')::int8 AS n FROM core.jobs_ready ORDER BY 1")
            #expect(changes == jobs)
            #expect(Set(answered.entries).isSubset(of: Set(jobs)))
            print(
                "J1: \(kills.entries.reduce(0, +)) connections killed, \(begun.entries.count) transactions,",
                "\(answered.entries.count) answered, \(jobs.count) committed, each with its job")
        }
    }
}
