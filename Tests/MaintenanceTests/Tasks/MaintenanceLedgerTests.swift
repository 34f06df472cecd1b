import Maintenance
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
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
                    group.addTask { try await ledger.runIfDue(.backup) { ["n": 1] } }
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
                try await ledger.runIfDue(.backup) { throw Broken() }
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
            try await ledger.runIfDue(.backup) {
                // Meanwhile its lease ends, and another process begins anew.
                try await MaintenanceLedgerTests.hasten(test)
                let isTaken = try await ledger.runIfDue(.backup) { ["who": "second"] }
                #expect(isTaken)
                return ["who": "first"]
            }
            let runs = try await ledger.runs(PageRequest(limit: 10, after: [])).values
            let ours = runs.filter { $0["task"]?.string == "backup" }
            #expect(ours.map { $0["outcome"]?.string } == ["succeeded", "lost"])
            #expect(ours.first?["detail"]?["who"]?.string == "second")
        }
    }

    @Test("Who is at work keeps the task however long it takes; who has died loses it a moment later")
    func heartbeat() async throws {
        try await TestPlatform.with { test in
            try await MaintenanceLedgerTests.hasten(test)
            let worker = test.platform.databases.pipeline(of: .worker)
            let ledger = MaintenanceLedger(pipeline: worker, lease: .seconds(1))
            func seconds(_ expression: SQL) async throws -> Double {
                try await test.database.asSuperuser { admin in
                    try await admin.run(
                        """
                        SELECT EXTRACT(epoch FROM \(expression))::float8 AS seconds
                        FROM core.maintenance_tasks
                        WHERE name = 'backup'
                        """
                    ).first?.get("seconds") ?? 0
                }
            }
            try await ledger.runIfDue(.backup) {
                let beginning = try await seconds("clock_timestamp()")
                while try await seconds("clock_timestamp()") < beginning + 3 {
                    let isTaken = try await ledger.runIfDue(.backup) { ["who": "second"] }
                    #expect(!isTaken)
                    try await Task.sleep(for: .milliseconds(100))
                }
                return ["who": "first"]
            }
            let newest = try #require(try await ledger.runs(PageRequest(limit: 1, after: [])).values.first)
            #expect(newest["outcome"]?.string == "succeeded" && newest["detail"]?["who"]?.string == "first")

            // A process begins and is heard of no more.
            try await MaintenanceLedgerTests.hasten(test)
            _ = try await worker.run(["SELECT core.claim_maintenance('backup', 'gone', interval '1 second')"])
            let isTaken = try await eventually { try await ledger.runIfDue(.backup) { ["who": "next"] } }
            #expect(isTaken)
            let runs = try await ledger.runs(PageRequest(limit: 2, after: [])).values
            #expect(runs.map { $0["outcome"]?.string } == ["succeeded", "lost"])

            // As processes have it, the wait is a minute at most.
            try await MaintenanceLedgerTests.hasten(test)
            try await test.platform.maintenance.runIfDue(.backup) {
                let left = try await seconds("leased_until - clock_timestamp()")
                #expect(left > 0 && left <= 60)
                return .object([])
            }
        }
    }

    @Test("A task is attended while a process looks whether it is due, and for a moment after that")
    func attended() async throws {
        try await TestPlatform.with { test in
            let ledger = test.platform.maintenance
            // No process of a test makes backups.
            let isAttended = try await ledger.isAttended(.backup)
            #expect(!isAttended)
            let isDue = try await ledger.runIfDue(.backup) { .object([]) }
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
            _ = try await ledger.runIfDue(.backup) { .object([]) }
            let isDue = try await ledger.runIfDue(.backup) { .object([]) }
            #expect(!isDue)
            _ = try await ledger.request(.backup)
            let isDueNow = try await ledger.runIfDue(.backup) { .object([]) }
            #expect(isDueNow)
        }
    }
}
