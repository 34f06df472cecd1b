import Foundation
import Maintenance
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("Maintenance of partitions")
struct MaintenancePartitionTests {
    @Test("What lies among the rest moves to the leaf of its day when that is made")
    func moved() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            let tenant = try await test.tenant("acme")
            let day = try await MaintenancePartitionTests.dropLast(of: "jobs_finished", test)
            try await test.database.asSuperuser { admin in
                let moments: [SQL] = [
                    "core.leaf_end(\(day)) AT TIME ZONE 'UTC' - interval '1 hour'", "now() + interval '40 days'",
                ]
                for moment in moments {
                    try await admin.run(
                        """
                        INSERT INTO core.jobs_finished (
                            tenant_id, id, module, kind, outcome, payload, attempt, failures, root, depth, enqueued_at)
                        VALUES (\(tenant.id), core.uuid_floor(\(moment)), 'knowledge', 'knowledge.work', 'cancelled', '{}',
                                1::int2, '[]', core.uuid7(), 0::int2, now())
                        """)
                }
            }
            let report = try await test.platform.maintenanceKeeper.sweep()
            #expect(report["partitions_made"] == 1)
            try await test.database.asSuperuser { admin in
                let leaves = try await admin.run(
                    "SELECT tableoid::regclass::text AS leaf FROM core.jobs_finished ORDER BY id")
                #expect(
                    try leaves.rows.map { try $0.get("leaf", as: String.self) }
                        == ["core.\(day)", "core.jobs_finished_rest"])
                let open = try await admin.run(
                    """
                    SELECT FROM pg_class
                    WHERE oid IN ('core.jobs_finished_rest'::regclass, \("core.\(day)")::text::regclass)
                      AND NOT (relrowsecurity AND relforcerowsecurity)
                    """)
                #expect(open.isEmpty)
            }
        }
    }

    @Test("A table whose leaf cannot be made keeps no other from its own, and the run fails when all else is done")
    func stuck() async throws {
        try await TestPlatform.with { test in
            try await test.keepByHand()
            let month = try await MaintenancePartitionTests.dropLast(of: "events", test)
            let day = try await MaintenancePartitionTests.dropLast(of: "jobs_finished", test)
            try await test.database.asSuperuser { admin in
                try await admin.script("CREATE TABLE core.\(month) ()")
                try await admin.run(
                    """
                    INSERT INTO core.login_throttles (key, attempts, window_ends_at)
                    VALUES (sha256('a'), 1, now() - interval '1 minute')
                    """)
            }
            let error = await #expect(throws: PartitionsMissing.self) {
                try await test.platform.maintenanceKeeper.sweep()
            }
            #expect(error?.parents == ["core.events"])
            let left = try await test.count(
                """
                SELECT (SELECT count(*) FROM core.login_throttles) AS throttles,
                       (SELECT count(*) FROM pg_class WHERE oid = to_regclass(\("core.\(day)"))) AS leaves
                """)
            #expect(left == ["throttles": 0, "leaves": 1])
        }
    }

    /// Drops the newest leaf of a parent; answers its name.
    private static func dropLast(of parent: String, _ test: TestPlatform) async throws -> String {
        try await test.database.asSuperuser { admin in
            let row = try await admin.run(
                """
                SELECT c.relname::text AS leaf
                FROM pg_inherits AS i
                JOIN pg_class AS c ON c.oid = i.inhrelid
                WHERE i.inhparent = \("core.\(parent)")::text::regclass AND core.leaf_end(c.relname::text) IS NOT NULL
                ORDER BY core.leaf_end(c.relname::text) DESC
                LIMIT 1
                """
            ).first
            let leaf = try #require(row).get("leaf", as: String.self)
            try await admin.script("DROP TABLE core.\(leaf)")
            return leaf
        }
    }
}
