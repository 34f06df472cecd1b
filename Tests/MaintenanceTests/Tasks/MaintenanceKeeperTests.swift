import Foundation
import Maintenance
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("Maintenance keeper")
struct MaintenanceKeeperTests {
    @Test("What has served its time is removed, and what has not stays")
    func sweep() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            let tenant = try await test.tenant("acme")
            for age in ["2 days", "1 hour"] { try await MaintenanceKeeperTests.fill(test, tenant, age) }
            let report = try await test.platform.maintenanceKeeper.sweep()
            #expect(report["removed"]?["idempotency_keys"]?.integer == 1)
            #expect(report["removed"]?["login_throttles"]?.integer == 1)
            #expect(report["removed"]?["job_keys"]?.integer == 1)
            let left = try await test.count(
                """
                SELECT (SELECT count(*) FROM core.idempotency_keys) AS keys,
                       (SELECT count(*) FROM core.login_throttles WHERE key = sha256('1 hour')) AS throttles,
                       (SELECT count(*) FROM core.sessions) AS logins,
                       (SELECT count(*) FROM core.job_keys) AS held
                """)
            #expect(left == ["keys": 1, "throttles": 1, "logins": 1, "held": 1])
            let again = try await test.platform.maintenanceKeeper.sweep()
            #expect(again["removed"] == .object([]))
        }
    }

    private static func fill(_ test: TestPlatform, _ tenant: TestTenant, _ age: String) async throws {
        try await test.database.asSuperuser { admin in
            try await admin.run(
                """
                INSERT INTO core.idempotency_keys (tenant_id, actor_id, key_hash, fingerprint, created_at)
                VALUES (\(tenant.id), \(tenant.session.actor.id), sha256(\(age)::text::bytea), sha256('x'),
                        now() - \(age)::text::interval)
                """)
            try await admin.run(
                """
                INSERT INTO core.login_throttles (key, attempts, window_ends_at)
                VALUES (sha256(\(age)::text::bytea), 1, now() + interval '1 day' - \(age)::text::interval)
                """)
            try await admin.run(
                """
                INSERT INTO core.job_keys (tenant_id, module, unique_key, job_id, expires_at)
                VALUES (\(tenant.id), 'knowledge', \(age), core.uuid7(),
                        CASE WHEN \(age) = '1 hour' THEN 'infinity' ELSE now() - interval '1 second' END)
                """)
        }
    }

    @Test("More rows than one transaction removes are removed by several")
    func batches() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            try await test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    INSERT INTO core.login_throttles (key, attempts, window_ends_at)
                    SELECT sha256(n::text::bytea), 1, now() - interval '1 minute'
                    FROM generate_series(1, 12000) AS n
                    """)
            }
            let report = try await test.platform.maintenanceKeeper.sweep()
            #expect(report["removed"]?["login_throttles"]?.integer == 12_000)
        }
    }

    @Test("Leaves older than they are kept are dropped, those of today stay, and coming ones are made")
    func partitions() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            let old = ["events_202001", "jobs_finished_20200115"]
            for leaf in old { try await MaintenanceKeeperTests.attach(leaf, test) }
            let before = try await MaintenanceKeeperTests.leaves(test)
            #expect(before.isSuperset(of: old))
            let report = try await test.platform.maintenanceKeeper.sweep()
            #expect(report["partitions_dropped"]?.integer == 2)
            let after = try await MaintenanceKeeperTests.leaves(test)
            #expect(after == before.subtracting(old))
        }
    }

    @Test("The server gives each step as long as the keeper does")
    func limits() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            try await test.database.noteLimit(whenDeletingFrom: "core.login_throttles")
            try await test.platform.maintenanceKeeper.sweep()
            #expect(try await test.database.notedLimits() == ["290s"])
        }
    }

    @Test(
        "A leaf that somebody reads stays, events are told meanwhile, and the next run drops it",
        arguments: ["core.events", "ONLY core.events"])
    func busy(table: String) async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            let tenant = try await test.tenant("acme")
            try await MaintenanceKeeperTests.attach("events_202001", test)
            try await test.database.asSuperuser { reader in
                try await reader.script("BEGIN; LOCK TABLE \(table) IN ACCESS SHARE MODE")
                async let told: Void = MaintenanceKeeperTests.tell(500, of: tenant, test)
                let report = try await test.platform.maintenanceKeeper.sweep()
                try await told
                #expect(report["partitions_dropped"] == 0 && report["partitions_busy"] == 1)
                let leaves = try await MaintenanceKeeperTests.leaves(test)
                #expect(leaves.contains("events_202001"))
                try await reader.script("ROLLBACK")
            }
            let report = try await test.platform.maintenanceKeeper.sweep()
            #expect(report["partitions_dropped"] == 1 && report["partitions_busy"] == 0)
            let leaves = try await MaintenanceKeeperTests.leaves(test)
            #expect(!leaves.contains("events_202001"))
        }
    }

    /// Tells events one after the other; fails when one of them waits for a lock for nearly as long as statements of
    /// requests may take.
    private static func tell(_ count: Int, of tenant: TestTenant, _ test: TestPlatform) async throws {
        try await test.database.asSuperuser { admin in
            try await admin.run("SET lock_timeout = '400ms'")
            for _ in 0..<count {
                try await admin.run(
                    """
                    INSERT INTO core.events (tenant_id, id, type, version, module, actor_kind, actor_id, subject, data,
                                             root, depth)
                    VALUES (\(tenant.id), core.uuid7(), 'thing.done', 1::int2, 'core', 's', core.uuid7(), core.uuid7(),
                            '{}', core.uuid7(), 0::int2)
                    """)
            }
        }
    }

    @Test("An installation with a clock of its own has the one call to make, which drops a leaf at a time")
    func oneCall() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            for leaf in ["events_202001", "jobs_finished_20200115"] {
                try await MaintenanceKeeperTests.attach(leaf, test)
            }
            let steps: [(Int64, Bool)] = [(1, false), (1, false), (0, true)]
            for (dropped, isDone) in steps {
                let report = try await test.database.asSuperuser { admin in
                    try await admin.run("SELECT core.run_scheduled_maintenance() AS report").first?
                        .get("report", as: JSONValue.self)
                }
                #expect(report?["partitions_dropped"] == .integer(dropped) && report?["is_done"] == .bool(isDone))
            }
        }
    }

    /// Moves the end of the leaf for all that is older, and puts a leaf before it.
    private static func attach(_ leaf: String, _ test: TestPlatform) async throws {
        let parent = leaf.prefix { !$0.isNumber }.dropLast()
        try await test.database.asSuperuser { admin in
            try await admin.script(
                """
                ALTER TABLE core.\(parent) DETACH PARTITION core.\(parent)_past;
                DROP TABLE core.\(parent)_past;
                SELECT core.attach_partition('core.\(parent)', '\(leaf)', format('(%L) TO (%L)',
                    core.uuid_floor(core.leaf_end('\(leaf)') AT TIME ZONE 'UTC' - interval '1 day'),
                    core.uuid_floor(core.leaf_end('\(leaf)') AT TIME ZONE 'UTC')));
                """)
        }
    }

    private static func leaves(_ test: TestPlatform) async throws -> Set<String> {
        try await test.database.asSuperuser { admin in
            let result = try await admin.run(
                """
                SELECT c.relname::text AS leaf
                FROM pg_inherits AS i
                JOIN pg_class AS c ON c.oid = i.inhrelid
                WHERE i.inhparent IN ('core.events'::regclass, 'core.jobs_finished'::regclass)
                """)
            return Set(try result.rows.map { try $0.get("leaf", as: String.self) })
        }
    }

    @Test("A setting says how long events are kept")
    func retention() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            try await MaintenanceKeeperTests.attach("events_202001", test)
            try await test.set("retention.events_days", "3650")
            #expect(try await test.platform.maintenanceKeeper.sweep()["partitions_dropped"]?.integer == 0)
            try await test.set("retention.events_days", "30")
            #expect(try await test.platform.maintenanceKeeper.sweep()["partitions_dropped"]?.integer == 1)
        }
    }

    @Test(
        "A time that is no number of days from 1 to 3650 is refused by the schema",
        arguments: [
            "0", "3651", "\"7\"", "1.5", "null", "-1", "1e9", "{}",
        ])
    func nonsense(value: String) async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            _ = await #expect(throws: DatabaseError.self) { try await test.set("retention.events_days", value) }
        }
    }
}

extension TestPlatform {
    /// Keeps the platform's own keeper from doing what a test is about to look at.
    func keepByHand() async throws {
        try await database.asSuperuser { admin in
            try await admin.run("UPDATE core.maintenance_tasks SET next_at = 'infinity'")
        }
        let isIdle = try await eventually {
            try await database.asSuperuser { admin in
                try await admin.run("SELECT FROM core.maintenance_tasks WHERE run_id IS NOT NULL").isEmpty
            }
        }
        try #require(isIdle)
        try await database.asSuperuser { admin in
            try await admin.run("UPDATE core.maintenance_tasks SET next_at = 'infinity'")
        }
    }

    /// Sets a setting of the installation.
    fileprivate func set(_ key: String, _ value: String) async throws {
        try await database.asSuperuser { admin in
            try await admin.run(
                """
                INSERT INTO core.system_settings (key, value)
                VALUES (\(key), \(value)::text::jsonb)
                ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
                """)
        }
    }

    /// One row of counts.
    func count(_ statement: SQL) async throws -> [String: Int] {
        try await database.asSuperuser { admin in
            let result = try await admin.run(statement)
            guard let row = result.first else { return [:] }
            return try Dictionary(
                uniqueKeysWithValues: result.columns.map { ($0.name, try row.get($0.name, as: Int.self)) })
        }
    }
}
