package import Cryptography
internal import Foundation
package import PluginKit
package import Postgres
internal import Tenancy

/// Login, refresh and logout.
package struct Logins: Sendable {
    /// How long a login lasts without being refreshed.
    private static let lifetime: Duration = .seconds(30 * 86_400)

    private let pipeline: PipelineConnection
    private let passwords: PasswordHasher
    private let issuer: TokenIssuer
    private let refreshTokens: RefreshTokens

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(
        pipeline: PipelineConnection, passwords: PasswordHasher, issuer: TokenIssuer, refreshTokens: RefreshTokens
    ) {
        self.pipeline = pipeline
        self.passwords = passwords
        self.issuer = issuer
        self.refreshTokens = refreshTokens
    }

    /// One answer, and one timing class, for a wrong password and for everything that is unknown.
    package static let refused = Problem(
        status: 401, code: "login_refused", detail: "E-mail, password or tenant is wrong.")
    private static let expired = Problem(
        status: 401, code: "refresh_refused", detail: "This refresh token does not hold any more; log in again.")

    /// Checks the password and begins a session in the tenant; the tenant may be left out by who has only one.
    ///
    /// - Throws: `Problem` 401 `login_refused`; 503 `busy` when too many logins wait.
    package func login(email: String, password: String, tenant: String?) async throws -> Resource<SessionPayload> {
        let result = try await run([
            """
            SELECT a.password_hash, p.id AS profile_id, p.name, p.role, t.id AS tenant_id, t.slug, t.name AS tenant_name
            FROM core.accounts a
            JOIN core.profiles p ON p.account_id = a.id AND p.status = 'active'
            JOIN core.tenants t ON t.id = p.tenant_id AND t.status = 'active'
            WHERE a.email = \(email) AND (\(tenant)::text IS NULL OR t.slug = \(tenant))
            LIMIT 2
            """
        ])[0]
        let row = result.count == 1 ? result.first : nil
        let stored = try row.map { try PasswordHash(parsing: try $0.get("password_hash")) }
        guard try await isRight(password, stored), let row else { throw Logins.refused }
        let session = LoginSessionID.make()
        let member = try SessionMember(row)
        _ = try await run([
            """
            INSERT INTO core.sessions (tenant_id, id, profile_id, refresh_counter, expires_at)
            VALUES (\(member.tenant), \(session), \(member.profile), 1, \(Timestamp.now().advanced(by: Logins.lifetime)))
            """
        ])
        return try answer(member, session, counter: 1)
    }

    /// Exchanges a refresh token for the next one. The token before the current one is answered with the current one,
    /// for tabs that race and answers that get lost; an older one ends the session, because somebody else has it.
    ///
    /// - Throws: `Problem` 401 `refresh_refused`.
    package func refresh(_ text: String) async throws -> Resource<SessionPayload> {
        guard let token = refreshTokens.verify(text) else { throw Logins.expired }
        let results = try await run([
            """
            UPDATE core.sessions
            SET refresh_counter = refresh_counter + 1, last_used_at = now()
            WHERE tenant_id = \(token.tenant) AND id = \(token.session) AND refresh_counter = \(token.counter)
              AND revoked_at IS NULL AND expires_at > now()
            """,
            """
            SELECT s.refresh_counter, p.id AS profile_id, p.name, p.role, t.id AS tenant_id, t.slug, t.name AS tenant_name
            FROM core.sessions s
            JOIN core.profiles p ON p.tenant_id = s.tenant_id AND p.id = s.profile_id AND p.status = 'active'
            JOIN core.tenants t ON t.id = s.tenant_id AND t.status = 'active'
            WHERE s.tenant_id = \(token.tenant) AND s.id = \(token.session)
              AND s.revoked_at IS NULL AND s.expires_at > now()
            """,
        ])
        guard let row = results[1].first else { throw Logins.expired }
        let counter = try row.get("refresh_counter", as: Int64.self)
        guard token.counter == counter - 1 else {
            try await end(token.session, of: token.tenant)
            throw Logins.expired
        }
        return try answer(try SessionMember(row), token.session, counter: counter)
    }

    /// Ends a session; its access token stops working within a second on every process.
    package func end(_ session: LoginSessionID, of tenant: TenantID) async throws {
        _ = try await run([
            """
            UPDATE core.sessions
            SET revoked_at = now()
            WHERE tenant_id = \(tenant) AND id = \(session) AND revoked_at IS NULL
            """,
            "SELECT core.record_change('session', \(tenant), \(session.description))",
        ])
    }

    private func isRight(_ password: String, _ stored: PasswordHash?) async throws -> Bool {
        do {
            return try await passwords.verify(try Password(password), against: stored)
        } catch PasswordError.overloaded {
            throw Problem(status: 503, code: "busy", detail: "Too many people log in just now.", retryAfter: 1)
        } catch is PasswordError {
            return false
        }
    }

    private func answer(
        _ member: SessionMember, _ session: LoginSessionID, counter: Int64
    ) throws -> Resource<SessionPayload> {
        let access = try issuer.issue(
            audience: .api, subject: member.profile.uuid, tenant: member.tenant.uuid, session: session.uuid,
            role: member.role, now: Date())
        let refresh = refreshTokens.make(tenant: member.tenant, session: session, counter: counter)
        return try Resource([
            "access_token": .string(access), "refresh_token": .string(refresh), "token_type": "Bearer",
            "expires_in": .integer(Int64(TokenIssuer.lifetime)),
            "tenant": [
                "id": .string(member.tenant.description), "slug": .string(member.slug),
                "name": .string(member.tenantName),
            ],
            "profile": [
                "id": .string(member.profile.description), "name": .string(member.name), "role": .string(member.role),
            ],
        ])
    }

    private func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await ProblemMapping.translate { try await pipeline.run(statements) }
    }
}

/// Whom a session is for.
private struct SessionMember {
    let profile: ProfileID
    let name: String
    let role: String
    let tenant: TenantID
    let slug: String
    let tenantName: String

    init(_ row: Row) throws {
        profile = try row.get("profile_id")
        name = try row.get("name")
        role = try row.get("role")
        tenant = try row.get("tenant_id")
        slug = try row.get("slug")
        tenantName = try row.get("tenant_name")
    }
}
