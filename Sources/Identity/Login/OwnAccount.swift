internal import PluginKit
internal import Postgres
internal import Tenancy

/// What people do with their own account: change the password, add or remove a second factor. Each needs the password
/// again, so that a stolen access token is not enough; a second factor is confirmed soon after it was prepared by it.
struct OwnAccount: Sendable {
    private let pipeline: PipelineConnection
    private let credentials: Credentials
    private let secondFactors: SecondFactors
    private let sessions: LoginSessions

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(
        pipeline: PipelineConnection, credentials: Credentials, secondFactors: SecondFactors, sessions: LoginSessions
    ) {
        self.pipeline = pipeline
        self.credentials = credentials
        self.secondFactors = secondFactors
        self.sessions = sessions
    }

    /// Changes the password and ends every other login of the account.
    ///
    /// - Throws: `Problem` 401 `login_refused` also when somebody has changed it or added a factor meanwhile.
    func changePassword(_ input: PasswordChange, _ call: Call) async throws {
        let (proof, _) = try await prove(input.currentPassword, input.code, call)
        let hash = try await credentials.hash(chosen: input.newPassword, at: "/new_password")
        let results = try await pipeline.runForCaller(
            [
                """
                UPDATE core.accounts
                SET password_hash = \(hash)
                WHERE \(proof.holds)
                """
            ] + OwnAccount.endings(of: proof.account, having: hash, but: call.session, reason: "password changed"))
        guard results[0].affected == 1 else { throw Credentials.refused }
        try await sessions.noticeEnds()
    }

    /// Prepares a second factor.
    ///
    /// - Throws: `Problem` 401 `login_refused` also when somebody has changed the password meanwhile.
    func prepareSecondFactor(_ input: PasswordProof, _ call: Call) async throws -> Resource<SecondFactorPayload> {
        let (proof, email) = try await prove(input.password, input.code, call)
        return try await secondFactors.prepare(proof, email: email)
    }

    /// Confirms a second factor by its first code and ends every other login, which was begun without it.
    func confirmSecondFactor(_ code: String, _ call: Call) async throws -> Resource<RecoveryCodesPayload> {
        let (account, email) = try await account(of: call)
        let codes = try await credentials.throttled(email, call.request.client) {
            try await secondFactors.confirm(account, code: code) { condition in
                LoginSessions.ending(
                    ofAccount: account, but: call.session, reason: "second factor added", where: condition)
            }
        }
        try await sessions.noticeEnds()
        return codes
    }

    /// Removes the second factor.
    ///
    /// - Throws: `Problem` 401 `login_refused` also when somebody has changed the password or added a factor meanwhile.
    func removeSecondFactor(_ input: PasswordProof, _ call: Call) async throws {
        let (proof, _) = try await prove(input.password, input.code, call)
        try await secondFactors.remove(proof)
    }

    /// The statements that go on with the transaction that gave an account a password: whatever else opens it ends.
    ///
    /// - Parameter hash: of the new password; without it nothing was changed, and nothing ends.
    static func endings(
        of account: ID<Account>, having hash: String, but kept: LoginSessionID?, reason: String
    ) -> [SQL] {
        [
            """
            UPDATE core.password_resets AS r
            SET used_at = now()
            FROM core.accounts AS a
            WHERE a.id = \(account) AND a.password_hash = \(hash) AND r.account_id = a.id AND r.used_at IS NULL
            """,
            LoginSessions.ending(
                ofAccount: account, but: kept, reason: reason, where: "accounts.password_hash = \(hash)"),
        ]
    }

    private func prove(
        _ password: String, _ code: String?, _ call: Call
    ) async throws -> (proof: Credentials.Proof, email: String) {
        let (account, email) = try await account(of: call)
        let proof = try await credentials.check(
            account, email: email, password: password, code: code, call.request.client)
        return (proof, email)
    }

    /// The caller's account; keys have none, and nobody touches it in somebody else's place.
    private func account(of call: Call) async throws -> (account: ID<Account>, email: String) {
        guard call.actor.kind == .member, call.session != nil, !call.isImpersonated else {
            throw Problem(status: 403, code: "own_account_only", detail: "Only the person may do this, logged in.")
        }
        let row = try await pipeline.runForCaller([
            "SELECT account_id, email FROM core.profiles WHERE tenant_id = \(call.tenant) AND id = \(call.actor.id)"
        ])[0].first
        guard let row else { throw Problem.notFound }
        guard let email = try row.get("email", as: String?.self) else {
            throw Problem(
                status: 403, code: "no_password",
                detail: "This account signs in through a provider and has no password.")
        }
        return (try row.get("account_id"), email)
    }
}
