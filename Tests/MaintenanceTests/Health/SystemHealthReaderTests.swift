import Maintenance
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

@Suite("System health, asked of the database")
struct SystemHealthReaderTests {
    @Test("A quiet installation needs no look, and the numbers are there")
    func quiet() async throws {
        try await TestPlatform.with { test in
            let health = try await test.platform.health.read()
            #expect(health.status == "ok", "\(health.findings)")
            #expect(health.number("connections", "open") > 0 && health.number("database_bytes") > 0)
            #expect(health.measures["tasks"]?.array?.count == 2)
        }
    }

    @Test("A statement that waits for another's lock is named with whoever holds it, and no value of it is told")
    func blocked() async throws {
        try await TestPlatform.with { test in
            try await test.database.asSuperuser { holder in
                try await holder.script("BEGIN; LOCK TABLE core.system_settings IN ACCESS EXCLUSIVE MODE")
                async let waiter: Void = test.database.asSuperuser { waiting in
                    _ = try await waiting.run(
                        "INSERT INTO core.system_settings (key, value) VALUES (\("secret.value"), '1'::jsonb)",
                        timeout: .seconds(60))
                }
                // Others may wait for the same table.
                let find: @Sendable () async throws -> JSONValue? = {
                    try await test.platform.health.read().measures["blocked_statements"]?.array?.first {
                        $0["statement"]?.string?.hasPrefix("INSERT INTO core.system_settings") == true
                    }
                }
                let isSeen = try await eventually { try await find() != nil }
                #expect(isSeen)
                let blocked = try #require(try await find())
                #expect(blocked["statement"]?.string?.contains("secret.value") == false)
                #expect(blocked["blocked_by"]?.array?.isEmpty == false)
                try await holder.script("ROLLBACK")
                try await waiter
            }
        }
    }

    @Test("Backups that a process makes without success for two days are found; where nobody makes any, nothing is")
    func backups() async throws {
        try await TestPlatform.with { test in
            let ages = [("10 seconds", "3 days", true), ("10 seconds", "1 day", false), ("1 hour", "3 days", false)]
            for (seen, since, isMissing) in ages {
                try await test.database.asSuperuser { admin in
                    try await admin.run(
                        """
                        UPDATE core.maintenance_tasks
                        SET attended_at = now() - \(seen)::text::interval,
                            attended_since = now() - \(since)::text::interval
                        WHERE name = 'backup'
                        """)
                }
                let codes = try await test.platform.health.read().findings.map(\.code)
                #expect(codes.contains("backup_missing") == isMissing, "\(seen), \(since)")
            }
        }
    }

    @Test("Events that nobody numbers and jobs that nobody runs are counted")
    func waiting() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            try await test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    INSERT INTO core.jobs_dead (tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms,
                                                root, depth)
                    VALUES (\(tenant.id), core.uuid7(), 'knowledge', 'knowledge.suggest', 5, '{}', 1, 1000,
                            core.uuid7(), 0::int2)
                    """)
            }
            let health = try await test.platform.health.read()
            #expect(health.findings.map(\.code).contains("jobs_dead"))
        }
    }

    @Test("Jobs that are parked are not late, however many there are; the one that could begin is")
    func parked() async throws {
        try await TestPlatform.with { test in
            let (suspended, off, active) = (
                try await test.tenant("suspended"), try await test.tenant("off"), try await test.tenant("active")
            )
            func wait(_ tenant: TestTenant, minutes: Int, count: Int) async throws {
                try await test.database.asSuperuser { admin in
                    _ = try await admin.run(
                        """
                        INSERT INTO core.jobs_ready (tenant_id, id, module, kind, priority, payload, max_attempts,
                                                     timeout_ms, root, depth, enqueued_at)
                        SELECT \(tenant.id), core.uuid7(), 'knowledge', 'knowledge.suggest', 5, '{}', 1, 1000,
                               core.uuid7(), 0::int2, now() - make_interval(mins => \(minutes)::int4)
                        FROM generate_series(1, \(count))
                        """)
                }
            }
            try await wait(suspended, minutes: 60, count: 1500)
            try await wait(off, minutes: 50, count: 1500)
            try await test.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.tenants SET status = 'suspended' WHERE id = \(suspended.id)")
                _ = try await admin.run(
                    """
                    INSERT INTO core.tenant_modules (tenant_id, module_id, enabled)
                    VALUES (\(off.id), 'knowledge', false)
                    ON CONFLICT (tenant_id, module_id) DO UPDATE SET enabled = false
                    """)
            }
            let quiet = try await test.platform.health.read()
            #expect(quiet.number("jobs_ready") == 3000 && quiet.number("oldest_ready_seconds") == 0)
            #expect(quiet.findings.isEmpty, "\(quiet.findings)")
            try await wait(active, minutes: 5, count: 1)
            let late = try await test.platform.health.read()
            #expect((300..<400).contains(late.number("oldest_ready_seconds")))
            #expect(late.findings.contains { ["jobs_late", "no_workers"].contains($0.code) })
            try await test.database.asSuperuser { admin in
                _ = try await admin.run(
                    "INSERT INTO core.plugin_pauses (module_id, code, detail) VALUES ('knowledge', 'operator', 'x')")
            }
            #expect(try await test.platform.health.read().number("oldest_ready_seconds") == 0)
        }
    }
}
