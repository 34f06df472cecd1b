import Cryptography
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What the signer signs, against the database's own `core.open`.
@Suite("SessionSigner")
struct SessionSignerTests {
    private static func claims(_ tenant: TestTenant, _ mode: SessionClaims.Mode = .write) -> SessionClaims {
        SessionClaims(tenant: tenant.id, actor: tenant.session.actor, mode: mode)
    }

    /// Opens a session with `token` as the knowledge module, and answers the tenant the database then sees.
    private static func open(_ token: String, _ test: TestPlatform) async throws -> TenantID? {
        let module = try #require(ModuleName("knowledge"))
        let credentials = RoleCredentials(server: test.database.settings, master: TestPlatform.master)
        let server = test.database.server
        return try await AdminConnection.use(
            credentials.leasedSettings(as: module.loginRole), reactor: server.reactor, logger: server.logger
        ) { lease in
            try await lease.transaction { transaction in
                try await transaction.run("SELECT core.open(\(token))")
                return try await transaction.run("SELECT core.tenant_id() AS tenant_id").first?.get("tenant_id")
            }
        }
    }

    @Test("The database opens what was signed")
    func opens() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let token = SessionSigner(master: TestPlatform.master).token(Self.claims(tenant))
            #expect(try await Self.open(token, test) == tenant.id)
        }
    }

    @Test("The database refuses what was changed, cut, expired or signed by others")
    func refuses() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let other = try await test.tenant("other")
            let signer = SessionSigner(master: TestPlatform.master)
            let token = signer.token(Self.claims(tenant))
            let stranger = SessionSigner(master: .generate())
            let past = Timestamp.now().advanced(by: .seconds(-120))
            var bad = [
                "", "x", token + "0", String(token.dropLast()), String(token.dropFirst()), token.uppercased(),
                stranger.token(Self.claims(tenant)), signer.token(Self.claims(tenant), now: past),
                String(signer.token(Self.claims(other)).prefix(32) + token.dropFirst(32)),
            ]
            let characters = Array(token)
            for index in stride(from: 0, to: characters.count, by: 7) {
                var changed = characters
                changed[index] = changed[index] == "0" ? "1" : "0"
                bad.append(String(changed))
            }
            for text in bad {
                await #expect(throws: (any Error).self, "\(text)") { try await Self.open(text, test) }
            }
        }
    }

    @Test("A session for reading refuses to write")
    func readOnly() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let database = test.platform.databases.database(of: try #require(ModuleName("knowledge")))
            let insertion: SQL = """
                INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
                VALUES (\(tenant.id), \(TenantID.make()), 'written by a reader')
                """
            await #expect(throws: (any Error).self) {
                try await database.open(tenant.session, mode: .read).execute(insertion)
            }
            #expect(try await database.open(tenant.session, mode: .write).execute(insertion) == 1)
        }
    }
}
