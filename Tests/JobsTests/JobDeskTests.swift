import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Looking after jobs while the database takes long for it.
@Suite("Job desk")
struct JobDeskTests {
    /// What is asked of the desk, and may take long.
    enum Question: CaseIterable {
        case list
        case redrive
    }

    @Test("What takes long for one tenant keeps nobody else's statements waiting", arguments: Question.allCases)
    func waiting(question: Question) async throws {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            let filter = Redrive(module: nil, kind: "knowledge.work", code: nil)
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("LOCK TABLE core.jobs_dead IN ACCESS EXCLUSIVE MODE")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 {
                        group.addTask {
                            // Whoever waited for too long is told so.
                            switch question {
                            case .list: _ = try? await site.desk.list(of: tenant, .init(), .init(limit: 1, after: []))
                            case .redrive: _ = try? await site.desk.redrive(filter, of: tenant)
                            }
                        }
                    }
                    // One behind the other, only the first of them would wait for the lock.
                    let areWaiting = try await eventually { try await site.database.waitingCount() == 3 }
                    #expect(areWaiting)
                    let answer = try await site.worker.run(["SELECT 1 AS one"])[0]
                    #expect(answer.count == 1)
                    try await admin.run("ROLLBACK")
                    try await group.waitForAll()
                }
            }
        }
    }
}
