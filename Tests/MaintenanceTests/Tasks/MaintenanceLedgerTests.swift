import Maintenance
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import TestKit
import Testing

@Suite("Maintenance ledger")
struct MaintenanceLedgerTests {
    private struct Broken: Error {}

    /// Makes tasks due; a lease that somebody has ends.
    private static func hasten(_ test: TestPlatform) async throws {
        try await test.database.asSuperuser { admin in
            try await admin.run(
                """
                UPDATE core.maintenance_tasks
                SET next_at = now(), leased_until = CASE WHEN run_id IS NULL THEN NULL ELSE now() END
                """)
        }
    }

    private static func task(_ test: TestPlatform, _ name: String) async throws -> JSONValue {
        try #require(try await test.platform.maintenance.tasks().values.first { $0["name"]?.string == name })
    }

    @Test("A task that is due is done once, however many ask at the same time")
    func once() async throws {
        try await TestPlatform.with { test in
            try await MaintenanceLedgerTests.hasten(test)
            let ledger = test.platform.maintenance
            let done = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await ledger.runIfDue(.backup, lease: .seconds(60)) { ["n": 1] } }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(done == 1)
            let task = try await MaintenanceLedgerTests.task(test, "backup")
            #expect(task["last_outcome"]?.string == "succeeded" && task["is_running"]?.bool != true)
        }
    }

    @Test("What fails is recorded with its reason, and tried again before its next hour")
    func failure() async throws {
        try await TestPlatform.with { test in
            try await MaintenanceLedgerTests.hasten(test)
            let ledger = test.platform.maintenance
            await #expect(throws: Broken.self) {
                try await ledger.runIfDue(.backup, lease: .seconds(60)) { throw Broken() }
            }
            let task = try await MaintenanceLedgerTests.task(test, "backup")
            #expect(task["last_outcome"]?.string == "failed" && task["last_error"]?.string == "Broken()")
            let soon = try await test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT next_at < now() + interval '16 minutes' AS is_soon
                    FROM core.maintenance_tasks
                    WHERE name = 'backup'
                    """
                ).first?.get("is_soon", as: Bool.self)
            }
            #expect(soon == true)
        }
    }

    @Test("Whose lease ran out is lost, and does not end the run of whoever came after")
    func lost() async throws {
        try await TestPlatform.with { test in
            try await MaintenanceLedgerTests.hasten(test)
            let ledger = test.platform.maintenance
            try await ledger.runIfDue(.backup, lease: .seconds(60)) {
                // Meanwhile its lease ends, and another process begins anew.
                try await MaintenanceLedgerTests.hasten(test)
                let isTaken = try await ledger.runIfDue(.backup, lease: .seconds(60)) { ["who": "second"] }
                #expect(isTaken)
                return ["who": "first"]
            }
            let runs = try await ledger.runs(PageRequest(limit: 10, after: [])).values
            let ours = runs.filter { $0["task"]?.string == "backup" }
            #expect(ours.map { $0["outcome"]?.string } == ["succeeded", "lost"])
            #expect(ours.first?["detail"]?["who"]?.string == "second")
        }
    }

    @Test("A task is attended while a process looks whether it is due, and for a moment after that")
    func attended() async throws {
        try await TestPlatform.with { test in
            let ledger = test.platform.maintenance
            // No process of a test makes backups.
            let isAttended = try await ledger.isAttended(.backup)
            #expect(!isAttended)
            let isDue = try await ledger.runIfDue(.backup, lease: .seconds(60)) { .object([]) }
            #expect(!isDue)
            #expect(try await MaintenanceLedgerTests.task(test, "backup")["is_attended"] == .bool(true))
            try await test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    UPDATE core.maintenance_tasks
                    SET attended_at = now() - interval '2 minutes', attended_since = now() - interval '2 minutes'
                    WHERE name = 'backup'
                    """)
            }
            let isLeft = try await ledger.isAttended(.backup)
            #expect(!isLeft)
        }
    }

    @Test("A task can be asked for, and nothing else can")
    func request() async throws {
        try await TestPlatform.with { test in
            let ledger = test.platform.maintenance
            _ = try await ledger.runIfDue(.backup, lease: .seconds(60)) { .object([]) }
            let isDue = try await ledger.runIfDue(.backup, lease: .seconds(60)) { .object([]) }
            #expect(!isDue)
            _ = try await ledger.request(.backup)
            let isDueNow = try await ledger.runIfDue(.backup, lease: .seconds(60)) { .object([]) }
            #expect(isDueNow)
        }
    }
}
