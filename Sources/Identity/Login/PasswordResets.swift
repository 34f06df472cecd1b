internal import Cryptography
package import PluginKit
internal import Postgres
internal import Tenancy

/// A right to choose a new password.
package enum PasswordReset {}

/// Password resets: a token of one hour and one use, handed over by whoever manages the account, or mailed.
package struct PasswordResets: Sendable {
    static let prefix = "rmp"
    static let lifetime: Duration = .seconds(3600)
    private static let refused = Problem(
        status: 404, code: "reset_refused", detail: "This reset does not hold, or not any more.")

    private let pipeline: PipelineConnection
    private let credentials: Credentials
    private let sessions: LoginSessions
    private let members: Members

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, credentials: Credentials, sessions: LoginSessions, members: Members) {
        self.pipeline = pipeline
        self.credentials = credentials
        self.sessions = sessions
        self.members = members
    }

    /// Begins a reset for a member whose account this tenant manages. An account that belongs to its person opens other
    /// tenants too, so no admin resets it.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`; 409 `account_not_managed`, `member_changed`.
    func create(for profile: ProfileID, by call: Call) async throws -> Resource<PasswordResetPayload> {
        let role = try await members.requireAuthority(over: profile, call)
        let isAllowed: SQL = """
            a.managed_by = \(call.tenant) AND \(Members.hasRole(role)) AND \(Members.isStanding(call))
            """
        let begun = try await begin(for: profile, of: call.tenant, by: call.member, where: isAllowed)
        if let begun { return begun }
        try await pipeline.requireStanding(call)
        guard try await members.requireAuthority(over: profile, call) == role else { throw Members.changedMeanwhile }
        throw Problem.conflict(
            "This account belongs to its person, not to this tenant.", code: "account_not_managed")
    }

    /// Begins a reset for any member, by an operator.
    ///
    /// - Throws: `Problem.notFound`.
    package func create(for profile: ProfileID, of tenant: TenantID) async throws -> Resource<PasswordResetPayload> {
        guard let reset = try await begin(for: profile, of: tenant, by: nil, where: "true") else {
            throw Problem.notFound
        }
        return reset
    }

    /// - Parameters:
    ///   - member: who begins it; nil for keys and operators.
    ///   - condition: on the profile `p` and its account `a`, without which nothing begins.
    private func begin(
        for profile: ProfileID, of tenant: TenantID, by member: ProfileID?, where condition: SQL
    ) async throws -> Resource<PasswordResetPayload>? {
        let token = OneTimeToken<PasswordReset>(prefix: PasswordResets.prefix)
        let result = try await pipeline.runForCaller([
            .lock(tenant),
            """
            WITH begun AS (
                INSERT INTO core.password_resets (id, account_id, hash, expires_at, begun_by)
                SELECT \(token.id), a.id, \(token.hash), \(Timestamp.now().advanced(by: PasswordResets.lifetime)),
                       \(member)::uuid
                FROM core.profiles p
                JOIN core.accounts a ON a.id = p.account_id
                WHERE p.tenant_id = \(tenant) AND p.id = \(profile) AND \(condition)
                RETURNING expires_at
            )
            SELECT \(token.text)::text AS token, expires_at
            FROM begun
            WHERE core.tell(\(tenant), 'password_reset.begun', \(profile), 'members.write', '{}') IS NOT NULL
            """,
        ])[1]
        return result.isEmpty ? nil : try Resource(result)
    }

    /// Chooses a new password; every login of the account ends.
    ///
    /// - Throws: `Problem` 404 `reset_refused`; 422 for a password that cannot be.
    func confirm(_ input: PasswordResetConfirmation) async throws {
        guard let token = OneTimeToken<PasswordReset>(input.token, prefix: PasswordResets.prefix) else {
            throw PasswordResets.refused
        }
        let open = try await pipeline.runForCaller([
            """
            SELECT hash, account_id
            FROM core.password_resets
            WHERE id = \(token.id) AND used_at IS NULL AND expires_at > now()
            """
        ])[0].first
        guard let open, ConstantTime.equal(try open.get("hash"), token.hash) else { throw PasswordResets.refused }
        let hash = try await credentials.hash(chosen: input.password, at: "/password")
        let account = try open.get("account_id", as: ID<Account>.self)
        let results = try await pipeline.runForCaller(
            [
                // The account before its resets, as whoever changes the password has them.
                "SELECT FROM core.accounts WHERE id = \(account) FOR NO KEY UPDATE",
                """
                WITH used AS (
                    UPDATE core.password_resets
                    SET used_at = now()
                    WHERE id = \(token.id) AND used_at IS NULL AND expires_at > now()
                    RETURNING account_id
                )
                UPDATE core.accounts AS a
                SET password_hash = \(hash)
                FROM used
                WHERE a.id = used.account_id
                """,
            ] + OwnAccount.endings(of: account, having: hash, but: nil, reason: "password reset"))
        guard results[1].affected == 1 else { throw PasswordResets.refused }
        try await sessions.noticeEnds()
    }
}
