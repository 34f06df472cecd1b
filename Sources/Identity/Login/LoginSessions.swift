internal import Foundation
package import PluginKit
internal import Postgres
internal import Tenancy

/// Logins that last: begun, refreshed, listed and ended. A person has at most a hundred in a tenant: another one ends that
/// which was not used for the longest.
package struct LoginSessions: Sendable {
    /// How long a login lasts without being refreshed.
    private static let lifetime: Duration = .seconds(30 * 86_400)
    /// How long the token before the current one is answered: a lost answer is asked for again at once.
    private static let grace: SQL = "interval '30 seconds'"
    private static let expired = Problem(
        status: 401, code: "refresh_refused", detail: "This refresh token does not hold any more; log in again.")

    private let pipeline: PipelineConnection
    private let keyring: TokenKeyring
    private let refreshTokens: RefreshTokens
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(
        pipeline: PipelineConnection, keyring: TokenKeyring, refreshTokens: RefreshTokens, control: ControlPlane
    ) {
        self.pipeline = pipeline
        self.keyring = keyring
        self.refreshTokens = refreshTokens
        self.control = control
    }

    private static let memberColumns: SQL = """
        p.id AS profile_id, p.name, p.role, p.role_id, p.epoch, t.id AS tenant_id, t.slug, t.name AS tenant_name
        """

    /// Begins a login of somebody whose identity was proved. The account is held: who changes it meanwhile is seen here,
    /// and who changes it later sees this login and ends it. Of the person's others, those that are too many end.
    ///
    /// - Parameter passwordHash: what the password was right for; nil for who came without one.
    /// - Throws: `Problem` 401 `login_refused` when the profile or its tenant is not active, or the account has another
    ///   password or a second factor by now.
    package func begin(
        _ profile: ProfileID, of tenant: TenantID, passwordHash: String? = nil, hasSecondFactor: Bool,
        _ client: Request.Client
    ) async throws -> Resource<SessionPayload> {
        let session = LoginSessionID.make()
        let end = Timestamp.now().advanced(by: LoginSessions.lifetime)
        let results = try await pipeline.runForCaller([
            // A statement of its own, so that the next one sees what whoever held the account has changed.
            """
            SELECT
            FROM core.accounts
            WHERE id = (SELECT account_id FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(profile))
            FOR SHARE
            """,
            """
            INSERT INTO core.sessions
                (tenant_id, id, profile_id, refresh_counter, expires_at, second_factor, user_agent, address)
            SELECT p.tenant_id, \(session), p.id, 1, \(end), \(hasSecondFactor), \(client.userAgent), \(client.address)
            FROM core.profiles p
            JOIN core.tenants t ON t.id = p.tenant_id AND t.status = 'active'
            JOIN core.accounts a ON a.id = p.account_id
            WHERE p.tenant_id = \(tenant) AND p.id = \(profile) AND p.status = 'active'
              AND (\(passwordHash)::text IS NULL OR a.password_hash = \(passwordHash))
              AND (a.totp_confirmed_at IS NULL OR \(hasSecondFactor))
            """,
            """
            SELECT \(LoginSessions.memberColumns)
            FROM core.sessions s
            JOIN core.profiles p ON p.tenant_id = s.tenant_id AND p.id = s.profile_id
            JOIN core.tenants t ON t.id = s.tenant_id
            WHERE s.tenant_id = \(tenant) AND s.id = \(session)
            """,
            LoginSessions.endingSurplus(of: profile, tenant),
        ])
        guard let row = results[2].first else { throw Credentials.refused }
        if !results[3].isEmpty { try await noticeEnds() }
        return try answer(try SessionMember(row), session, counter: 1)
    }

    /// Exchanges a refresh token for the next one. The token before the current one is answered with the current one for
    /// half a minute, for tabs that race and answers that get lost; later, or an older one, it ends the session, because
    /// somebody else has it. While the tenant is suspended or the person disabled, nothing is used up.
    ///
    /// - Throws: `Problem` 401 `refresh_refused`.
    package func refresh(_ text: String) async throws -> Resource<SessionPayload> {
        guard let token = refreshTokens.verify(text) else { throw LoginSessions.expired }
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.sessions AS s
            SET refresh_counter = s.refresh_counter + 1, rotated_at = now(), last_used_at = now()
            FROM core.profiles p
            JOIN core.tenants t ON t.id = p.tenant_id AND t.status = 'active'
            WHERE s.tenant_id = \(token.tenant) AND s.id = \(token.session) AND s.refresh_counter = \(token.counter)
              AND s.revoked_at IS NULL AND s.expires_at > now()
              AND p.tenant_id = s.tenant_id AND p.id = s.profile_id AND p.status = 'active'
            """,
            """
            SELECT s.refresh_counter, s.rotated_at > now() - \(LoginSessions.grace) AS is_fresh,
                   \(LoginSessions.memberColumns)
            FROM core.sessions s
            JOIN core.profiles p ON p.tenant_id = s.tenant_id AND p.id = s.profile_id AND p.status = 'active'
            JOIN core.tenants t ON t.id = s.tenant_id AND t.status = 'active'
            WHERE s.tenant_id = \(token.tenant) AND s.id = \(token.session)
              AND s.revoked_at IS NULL AND s.expires_at > now()
            """,
        ])
        guard let row = results[1].first else { throw LoginSessions.expired }
        let counter = try row.get("refresh_counter", as: Int64.self)
        guard token.counter == counter - 1, try row.get("is_fresh") else {
            try await end(token.session, of: token.tenant, reason: "reuse")
            throw LoginSessions.expired
        }
        return try answer(try SessionMember(row), token.session, counter: counter)
    }

    /// A page of a person's logins that stand, newest first.
    func list(_ profile: ProfileID, _ call: Call) async throws -> Page<LoginSessionPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT id, id = \(call.session) AS current, user_agent, address, second_factor, last_used_at, expires_at,
                   created_at
            FROM core.sessions
            WHERE tenant_id = \(call.tenant) AND profile_id = \(profile)
              AND id < \(call.page.after(0, or: LoginSessionID(.last)))
              AND revoked_at IS NULL AND expires_at > now()
            ORDER BY id DESC
            LIMIT \(call.page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: call.page.limit, key: ["id"])
    }

    /// Ends a login; its access token stops working within a second on every process.
    package func end(_ session: LoginSessionID, of tenant: TenantID, reason: String = "logout") async throws {
        _ = try await pipeline.runForCaller([
            """
            WITH gone AS (
                UPDATE core.sessions
                SET revoked_at = now(), revoked_reason = \(reason)
                WHERE tenant_id = \(tenant) AND id = \(session) AND revoked_at IS NULL
                RETURNING tenant_id, id
            )
            \(SQL.tellingOfEnds(in: "gone"))
            """
        ])
        try await control.refreshForCaller()
    }

    /// Ends one of a person's own logins.
    ///
    /// - Throws: `Problem.notFound`.
    func end(_ session: LoginSessionID, ofProfile profile: ProfileID, _ tenant: TenantID) async throws {
        let found = try await pipeline.runForCaller([
            """
            SELECT id
            FROM core.sessions
            WHERE tenant_id = \(tenant) AND id = \(session) AND profile_id = \(profile) AND revoked_at IS NULL
            """
        ])[0]
        guard !found.isEmpty else { throw Problem.notFound }
        try await end(session, of: tenant)
    }

    /// Ends all of a person's logins in a tenant, but one if it is named.
    func endAll(of profile: ProfileID, _ tenant: TenantID, but kept: LoginSessionID?, reason: String) async throws {
        _ = try await pipeline.runForCaller([LoginSessions.ending(of: profile, tenant, but: kept, reason: reason)])
        try await control.refreshForCaller()
    }

    /// Learns at once what a statement changed that ends logins.
    func noticeEnds() async throws { try await control.refreshForCaller() }

    private func answer(
        _ member: SessionMember, _ session: LoginSessionID, counter: Int64
    ) throws -> Resource<SessionPayload> {
        let now = Date()
        let access = try keyring.tokenIssuer(now: now).issue(
            audience: .api, subject: member.profile.uuid, tenant: member.tenant.uuid, session: session.uuid,
            role: member.role.claim, epoch: member.epoch, now: now)
        let refresh = refreshTokens.make(tenant: member.tenant, session: session, counter: counter)
        let role = member.role.customID.map { $0.description } ?? member.role.word
        return try Resource([
            "access_token": .string(access), "refresh_token": .string(refresh), "token_type": "Bearer",
            "expires_in": .integer(Int64(TokenIssuer.lifetime)),
            "tenant": [
                "id": .string(member.tenant.description), "slug": .string(member.slug),
                "name": .string(member.tenantName),
            ],
            "profile": [
                "id": .string(member.profile.description), "name": .string(member.name), "role": .string(role),
            ],
        ])
    }
}
