import Identity
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Changes that a server can no longer read one by one: it was cut off for too long, or the database is an older one.
@Suite("Missed changes")
struct MissedChangesTests {
    /// How far the log of changes is from what the server knows.
    enum Gap: CaseIterable {
        /// All that it misses is gone.
        case whole
        /// What it misses begins later than it should.
        case beginning
        /// Nothing is missing, but the database counts from further back.
        case stepBack
    }

    /// Suspends a tenant so that no change tells of it as it should.
    private static func suspend(_ tenant: TestTenant, _ gap: Gap, _ admin: Lease) async throws {
        try await admin.run("UPDATE core.tenants SET status = 'suspended' WHERE id = \(tenant.id)")
        switch gap {
        case .whole:
            try await admin.run("UPDATE core.control SET revision = revision + 5")
        case .beginning:
            try await admin.run("UPDATE core.control SET revision = revision + 5")
            try await admin.run("SELECT core.record_change('tenant', NULL, 'something else')")
        case .stepBack:
            try await admin.run(
                """
                DELETE FROM core.changes
                WHERE revision = (SELECT revision FROM core.control)
                """)
            try await admin.run("UPDATE core.control SET revision = revision - 1")
        }
    }

    @Test("A server reads all tenants anew when the changes do not lead on from what it knows", arguments: Gap.allCases)
    func readAnew(gap: Gap) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            #expect(try await client.send("GET", "/v1/me", token: tenant.token).status == 200)
            let control = test.platform.control
            try await control.refresh()
            try await test.database.asSuperuser { try await Self.suspend(tenant, gap, $0) }
            // The server's own poll, or this one, whichever comes first.
            try await control.refresh()
            #expect(try await client.send("GET", "/v1/me", token: tenant.token).code == "tenant_suspended")
            let revision = try await test.database.asSuperuser { admin in
                try await admin.run("SELECT revision FROM core.control").first?.get("revision", as: Int64.self)
            }
            let known = control.read { $0.revision }
            #expect(known == revision)
            // From there on it goes by changes again.
            _ = try await test.platform.identity.tenants.setActive(true, tenant.id)
            try await control.refresh()
            #expect(try await client.send("GET", "/v1/me", token: tenant.token).status == 200)
        }
    }

    @Test("A server that is many changes behind has applied all of them when it was refreshed")
    func manyChanges() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let control = test.platform.control
            try await test.database.asSuperuser { admin in
                try await admin.transaction { admin in
                    try await admin.run("UPDATE core.tenants SET status = 'suspended' WHERE id = \(tenant.id)")
                    try await admin.run(
                        """
                        SELECT core.record_change('tenant', NULL, number::text)
                        FROM generate_series(1, 2500) AS number
                        """)
                    try await admin.run("SELECT core.record_change('tenant', \(tenant.id), 'suspended')")
                }
            }
            try await control.refresh()
            let isActive = control.read { $0.isActive(tenant.id) }
            #expect(!isActive)
        }
    }

    @Test("A server that can read changes and not apply them is not ready")
    func unapplied() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            #expect(try await client.send("GET", "/readyz").status == 200)
            try await test.database.asSuperuser { admin in
                try await admin.run("REVOKE SELECT ON core.roles FROM romashka_auth")
                try await admin.run("SELECT core.record_change('tenant', \(tenant.id), 'changed')")
            }
            let isStale = try await eventually { try await client.send("GET", "/readyz").code == "stale" }
            #expect(isStale)
            try await test.database.asSuperuser { admin in
                _ = try await admin.run("GRANT SELECT ON core.roles TO romashka_auth")
            }
            let isReady = try await eventually { try await client.send("GET", "/readyz").status == 200 }
            #expect(isReady)
        }
    }
}
