import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("Housekeeper")
struct HousekeeperTests {
    @Test("What has served its time is removed, and what has not stays")
    func sweep() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            for age in ["2 days", "1 hour"] {
                _ = try await test.database.asSuperuser { admin in
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
                }
            }
            await test.platform.housekeeper.sweep()
            let left = try await test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT (SELECT count(*) FROM core.idempotency_keys) AS keys,
                           (SELECT count(*) FROM core.login_throttles WHERE key = sha256('2 days')) AS ended,
                           (SELECT count(*) FROM core.login_throttles WHERE key = sha256('1 hour')) AS running,
                           (SELECT count(*) FROM core.sessions) AS logins
                    """)
            }
            let row = try #require(left.first)
            #expect(try row.get("keys", as: Int.self) == 1 && row.get("ended", as: Int.self) == 0)
            #expect(try row.get("running", as: Int.self) == 1 && row.get("logins", as: Int.self) == 1)
        }
    }
}
