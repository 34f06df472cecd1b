internal import Cryptography
internal import PluginKit
internal import Postgres
internal import Tenancy

/// A promise that somebody may join a tenant.
enum Invitation {}

/// Invitations: they expire, are used once, and their secret is shown once.
struct Invitations: Sendable {
    static let prefix = "rmi"
    /// One answer for every token that does not hold, whatever the reason.
    private static let refused = Problem(
        status: 404, code: "invitation_refused", detail: "This invitation does not hold, or not any more.")

    private let pipeline: PipelineConnection
    private let credentials: Credentials
    private let sessions: LoginSessions
    private let members: Members
    private let authority: RoleAuthority
    private let isMailSent: Bool

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(
        pipeline: PipelineConnection, credentials: Credentials, sessions: LoginSessions, members: Members,
        isMailSent: Bool
    ) {
        self.isMailSent = isMailSent
        self.pipeline = pipeline
        self.credentials = credentials
        self.sessions = sessions
        self.members = members
        authority = members.authority
    }

    private static let columns: SQL = """
        id, email, COALESCE(role_id::text, role) AS role, \
        CASE WHEN mailed_at IS NOT NULL THEN 'sent' WHEN mail_due_at IS NOT NULL THEN 'waiting' \
             WHEN mail_attempts > 0 THEN 'refused' ELSE 'none' END AS mail, \
        expires_at, created_at
        """

    /// A page of a tenant's open invitations, newest first.
    func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<InvitationPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(Invitations.columns)
            FROM core.invitations
            WHERE tenant_id = \(tenant) AND id < \(page.after(0, or: ID<Invitation>(.last)))
              AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// Invites an address; an open invitation of the same address is replaced.
    ///
    /// - Throws: `Problem` 403 `role_forbidden`; 409 `already_exists` when the person is a member, `mail_not_configured`.
    func create(_ input: NewInvitation, by call: Call) async throws -> Resource<CreatedInvitationPayload> {
        try authority.require(input.role, by: call)
        guard isMailSent || !input.isMailed else { throw Problem.mailNotConfigured }
        let token = OneTimeToken<Invitation>(prefix: Invitations.prefix)
        let inviter: ProfileID? = call.actor.kind == .member ? ProfileID(call.actor.id.uuid) : nil
        let end = Timestamp.now().advanced(by: .seconds(input.hours * 3600))
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.invitations
            SET revoked_at = now()
            WHERE tenant_id = \(call.tenant) AND email = \(input.email) AND accepted_at IS NULL AND revoked_at IS NULL
              AND NOT EXISTS (SELECT FROM core.profiles WHERE tenant_id = \(call.tenant) AND email = \(input.email))
            """,
            """
            INSERT INTO core.invitations
                (tenant_id, id, email, role, role_id, hash, invited_by, expires_at, mail_due_at)
            SELECT \(call.tenant), \(token.id), \(input.email), \(input.role.word), \(input.role.customID),
                   \(token.hash), \(inviter), \(end), CASE WHEN \(input.isMailed) THEN now() END
            WHERE NOT EXISTS (SELECT FROM core.profiles WHERE tenant_id = \(call.tenant) AND email = \(input.email))
            RETURNING \(Invitations.columns), \(input.isMailed ? nil : token.text)::text AS token
            """,
        ])
        guard !results[1].isEmpty else {
            throw Problem.conflict("Somebody with this address is a member already.", code: "already_exists")
        }
        return try Resource(results[1])
    }

    /// Takes an open invitation back.
    ///
    /// - Throws: `Problem.notFound`.
    func revoke(_ id: ID<Invitation>, of tenant: TenantID) async throws {
        let result = try await pipeline.runForCaller([
            """
            UPDATE core.invitations
            SET revoked_at = now()
            WHERE tenant_id = \(tenant) AND id = \(id) AND accepted_at IS NULL AND revoked_at IS NULL
            """
        ])[0]
        guard result.affected == 1 else { throw Problem.notFound }
    }

    /// Joins the tenant that invited, and logs in. Who has an account of their own proves it by its password (and second
    /// factor); who has none chooses a password for a new one.
    ///
    /// - Throws: `Problem` 404 `invitation_refused`; what `Credentials.check` throws.
    func accept(_ input: AcceptedInvitation, _ client: Request.Client) async throws -> Resource<SessionPayload> {
        guard let token = OneTimeToken<Invitation>(input.token, prefix: Invitations.prefix) else {
            throw Invitations.refused
        }
        let open = try await pipeline.runForCaller([
            """
            SELECT i.tenant_id, i.email, i.hash, a.id AS account_id
            FROM core.invitations i
            JOIN core.tenants t ON t.id = i.tenant_id AND t.status = 'active'
            LEFT JOIN core.accounts a ON a.email = i.email AND a.managed_by IS NULL
            WHERE i.id = \(token.id) AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
            """
        ])[0].first
        guard let open, ConstantTime.equal(try open.get("hash"), token.hash) else { throw Invitations.refused }
        let tenant = try open.get("tenant_id", as: TenantID.self)
        try await members.requireRoom(in: tenant)
        let email = try open.get("email", as: String.self)
        let existing = try open.get("account_id", as: ID<Account>?.self)
        let hash: String?
        var hasSecondFactor = false
        if let existing {
            hasSecondFactor = try await credentials.check(
                existing, email: email, password: input.password, code: input.code, client)
            hash = nil
        } else {
            hash = try await credentials.hash(chosen: input.password, at: "/password")
        }
        let profile = ProfileID.make()
        let results = try await pipeline.runForCaller(
            acceptance(token, tenant, existing, hash, profile, name: input.name))
        guard !results[0].isEmpty else { throw Invitations.refused }
        return try await sessions.begin(profile, of: tenant, hasSecondFactor: hasSecondFactor, client)
    }

    /// One statement, so that of two people who use the same token one comes too late.
    ///
    /// A new account belongs to its person only if the token was mailed. Else whoever invited has seen the token too and
    /// may have used it, so the tenant manages the account, and it opens no other tenant.
    private func acceptance(
        _ token: OneTimeToken<Invitation>, _ tenant: TenantID, _ existing: ID<Account>?, _ hash: String?,
        _ profile: ProfileID, name: String
    ) -> [SQL] {
        let account = existing ?? ID<Account>.make()
        return [
            """
            UPDATE core.invitations
            SET accepted_at = now()
            WHERE tenant_id = \(tenant) AND id = \(token.id)
              AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
            RETURNING id
            """,
            """
            INSERT INTO core.accounts (id, email, password_hash, managed_by)
            SELECT \(account), i.email, \(hash), CASE WHEN i.mail_attempts = 0 THEN i.tenant_id END
            FROM core.invitations i
            WHERE i.tenant_id = \(tenant) AND i.id = \(token.id) AND i.accepted_at = now() AND \(hash != nil)
            """,
            """
            INSERT INTO core.profiles (tenant_id, id, account_id, email, name, role, role_id)
            SELECT \(tenant), \(profile), \(account), i.email, \(name), i.role, i.role_id
            FROM core.invitations i
            WHERE i.tenant_id = \(tenant) AND i.id = \(token.id) AND i.accepted_at = now()
            """,
        ]
    }
}
