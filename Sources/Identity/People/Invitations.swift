internal import Cryptography
internal import PluginKit
internal import Postgres
internal import Tenancy

/// A promise that somebody may join a tenant.
enum Invitation {}

/// Invitations: they expire, are used once, and their secret is shown once.
struct Invitations: Sendable {
    static let prefix = "rmi"
    /// The most invitations of a tenant that are open at once.
    private static let maximumCount = 1000
    /// One answer for every token that does not hold, whatever the reason.
    private static let refused = Problem(
        status: 404, code: "invitation_refused", detail: "This invitation does not hold, or not any more.")

    private let pipeline: PipelineConnection
    private let credentials: Credentials
    private let sessions: LoginSessions
    private let members: Members
    private let authority: RoleAuthority
    private let throttle: LoginThrottle
    private let isMailSent: Bool

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - throttle: with the bounds `.invitation`.
    ///   - isMailSent: whether this installation sends mail.
    init(
        pipeline: PipelineConnection, credentials: Credentials, sessions: LoginSessions, members: Members,
        throttle: LoginThrottle, isMailSent: Bool
    ) {
        self.throttle = throttle
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
    /// - Throws: `Problem` 403 `role_forbidden`; 409 `already_exists` when the person is a member, `limit_reached`,
    ///   `mail_not_configured`; 429 `too_many_attempts`.
    func create(_ input: NewInvitation, by call: Call) async throws -> Resource<CreatedInvitationPayload> {
        try authority.require(input.role, by: call)
        guard isMailSent || !input.isMailed else { throw Problem.mailNotConfigured }
        if input.isMailed { try await throttle.countInvitation(of: input.email, by: call.tenant) }
        let token = OneTimeToken<Invitation>(prefix: Invitations.prefix)
        let end = Timestamp.now().advanced(by: .seconds(input.hours * 3600))
        let results = try await pipeline.runForCaller([
            .lock(call.tenant),
            """
            UPDATE core.invitations
            SET revoked_at = now()
            WHERE tenant_id = \(call.tenant) AND email = \(input.email) AND accepted_at IS NULL AND revoked_at IS NULL
              AND NOT EXISTS (SELECT FROM core.profiles WHERE tenant_id = \(call.tenant) AND email = \(input.email))
              AND \(Members.isStanding(call))
            """,
            """
            INSERT INTO core.invitations
                (tenant_id, id, email, role, role_id, hash, invited_by, expires_at, mail_due_at)
            SELECT \(call.tenant), \(token.id), \(input.email), \(input.role.word), \(input.role.customID),
                   \(token.hash), \(call.member), \(end), CASE WHEN \(input.isMailed) THEN now() END
            WHERE NOT EXISTS (SELECT FROM core.profiles WHERE tenant_id = \(call.tenant) AND email = \(input.email))
              AND \(Members.isStanding(call))
              AND (
                SELECT count(*)
                FROM core.invitations
                WHERE tenant_id = \(call.tenant) AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
              ) < \(Invitations.maximumCount)
            RETURNING \(Invitations.columns), \(input.isMailed ? nil : token.text)::text AS token
            """,
            """
            SELECT EXISTS (
                       SELECT FROM core.profiles WHERE tenant_id = \(call.tenant) AND email = \(input.email)
                   ) AS is_member,
                   \(Members.isStanding(call)) AS is_standing
            """,
        ])
        guard !results[2].isEmpty else { throw try Invitations.refusal(results[3]) }
        return try Resource(results[2])
    }

    /// Why nobody was invited.
    private static func refusal(_ reasons: ResultSet) throws -> Problem {
        guard let row = reasons.first else { return .notFound }
        if try row.get("is_member") {
            return .conflict("Somebody with this address is a member already.", code: "already_exists")
        }
        guard try row.get("is_standing") else { return RoleAuthority.forbidden }
        return .conflict("This tenant may have \(maximumCount) open invitations.", code: "limit_reached")
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
            SELECT i.tenant_id, i.email, i.hash, i.role, i.role_id, a.id AS account_id,
                   inviter.role AS inviter_role, inviter.role_id AS inviter_role_id
            FROM core.invitations i
            JOIN core.tenants t ON t.id = i.tenant_id AND t.status = 'active'
            LEFT JOIN core.profiles inviter ON inviter.tenant_id = i.tenant_id AND inviter.id = i.invited_by
            LEFT JOIN core.accounts a ON a.email = i.email AND a.managed_by IS NULL
            WHERE i.id = \(token.id) AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
            """
        ])[0].first
        guard let open, ConstantTime.equal(try open.get("hash"), token.hash) else { throw Invitations.refused }
        let tenant = try open.get("tenant_id", as: TenantID.self)
        guard try isCovered(open, tenant) else { throw Invitations.refused }
        try await members.requireRoom(in: tenant)
        let email = try open.get("email", as: String.self)
        let existing = try open.get("account_id", as: ID<Account>?.self)
        let proof: Credentials.Proof
        if let existing {
            proof = try await credentials.check(
                existing, email: email, password: input.password, code: input.code, client)
        } else {
            proof = Credentials.Proof(
                account: .make(), passwordHash: try await credentials.hash(chosen: input.password, at: "/password"),
                hasSecondFactor: false)
        }
        let profile = ProfileID.make()
        let results = try await pipeline.runForCaller(
            [.lock(tenant), Invitations.holding(proof)]
                + acceptance(token, tenant, proof, isNew: existing == nil, profile, name: input.name))
        guard existing == nil || !results[1].isEmpty else { throw Credentials.refused }
        guard !results[2].isEmpty else { throw Invitations.refused }
        return try await sessions.begin(
            profile, of: tenant, passwordHash: proof.passwordHash, hasSecondFactor: proof.hasSecondFactor, client)
    }

    /// Whether who invited may still hand the role on: their own may be a narrower one by now, or this one a wider one.
    private func isCovered(_ invitation: Row, _ tenant: TenantID) throws -> Bool {
        guard let word = try invitation.get("inviter_role", as: String?.self) else { return true }
        guard let own = Role(word, try invitation.get("inviter_role_id")),
            let role = Role(try invitation.get("role"), try invitation.get("role_id"))
        else { return false }
        return authority.covers(own, role, of: tenant)
    }

    /// Holds the account whose password was proved; nothing when it has another one by now.
    private static func holding(_ proof: Credentials.Proof) -> SQL {
        """
        SELECT id
        FROM core.accounts
        WHERE id = \(proof.account) AND password_hash = \(proof.passwordHash)
          AND (totp_confirmed_at IS NULL OR \(proof.hasSecondFactor))
        FOR SHARE
        """
    }

    /// One statement, so that of two people who use the same token one comes too late.
    ///
    /// A new account belongs to its person only if the token was mailed. Else whoever invited has seen the token too and
    /// may have used it, so the tenant manages the account, and it opens no other tenant.
    private func acceptance(
        _ token: OneTimeToken<Invitation>, _ tenant: TenantID, _ proof: Credentials.Proof, isNew: Bool,
        _ profile: ProfileID, name: String
    ) -> [SQL] {
        [
            """
            UPDATE core.invitations
            SET accepted_at = now()
            WHERE tenant_id = \(tenant) AND id = \(token.id)
              AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
              AND (\(isNew) OR EXISTS (
                  SELECT
                  FROM core.accounts
                  WHERE id = \(proof.account) AND password_hash = \(proof.passwordHash)
                    AND (totp_confirmed_at IS NULL OR \(proof.hasSecondFactor))))
            RETURNING id
            """,
            """
            INSERT INTO core.accounts (id, email, password_hash, managed_by)
            SELECT \(proof.account), i.email, \(proof.passwordHash),
                   CASE WHEN i.mail_attempts = 0 THEN i.tenant_id END
            FROM core.invitations i
            WHERE i.tenant_id = \(tenant) AND i.id = \(token.id) AND i.accepted_at = now() AND \(isNew)
            """,
            """
            INSERT INTO core.profiles (tenant_id, id, account_id, email, name, role, role_id)
            SELECT \(tenant), \(profile), \(proof.account), i.email, \(name), i.role, i.role_id
            FROM core.invitations i
            WHERE i.tenant_id = \(tenant) AND i.id = \(token.id) AND i.accepted_at = now()
            """,
        ]
    }
}
