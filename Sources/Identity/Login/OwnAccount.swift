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
    func changePassword(_ input: PasswordChange, _ call: Call) async throws {
        let (account, _) = try await prove(input.currentPassword, input.code, call)
        let hash = try await credentials.hash(chosen: input.newPassword, at: "/new_password")
        try await store(hash, for: account, but: call.session, reason: "password changed")
    }

    /// Prepares a second factor.
    func prepareSecondFactor(_ input: PasswordProof, _ call: Call) async throws -> Resource<SecondFactorPayload> {
        let (account, email) = try await prove(input.password, input.code, call)
        return try await secondFactors.prepare(account, email: email)
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
    func removeSecondFactor(_ input: PasswordProof, _ call: Call) async throws {
        let (account, _) = try await prove(input.password, input.code, call)
        try await secondFactors.remove(account)
    }

    /// Stores a new password and ends the account's logins in every tenant.
    func store(
        _ hash: String, for account: ID<Account>, but kept: LoginSessionID?, reason: String
    ) async throws {
        _ = try await pipeline.runForCaller([
            "UPDATE core.accounts SET password_hash = \(hash) WHERE id = \(account)",
            "UPDATE core.password_resets SET used_at = now() WHERE account_id = \(account) AND used_at IS NULL",
        ])
        try await endLogins(of: account, but: kept, reason: reason)
    }

    private func endLogins(of account: ID<Account>, but kept: LoginSessionID?, reason: String) async throws {
        let profiles = try await pipeline.runForCaller([
            "SELECT tenant_id, id FROM core.profiles WHERE account_id = \(account)"
        ])[0]
        for row in profiles.rows {
            try await sessions.endAll(
                of: try row.get("id"), try row.get("tenant_id"), but: kept, reason: reason)
        }
    }

    private func prove(
        _ password: String, _ code: String?, _ call: Call
    ) async throws -> (account: ID<Account>, email: String) {
        let (account, email) = try await account(of: call)
        _ = try await credentials.check(account, email: email, password: password, code: code, call.request.client)
        return (account, email)
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
