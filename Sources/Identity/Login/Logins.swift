package import PluginKit
internal import Postgres
internal import Tenancy

/// Login by password.
package struct Logins: Sendable {
    private let pipeline: PipelineConnection
    private let credentials: Credentials
    private let sessions: LoginSessions

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, credentials: Credentials, sessions: LoginSessions) {
        self.pipeline = pipeline
        self.credentials = credentials
        self.sessions = sessions
    }

    /// Checks the password, and the second factor where there is one, and begins a login in the tenant; the tenant may be
    /// left out by who has only one.
    ///
    /// - Throws: `Problem` 401 `login_refused`, `second_factor_required`; 429 `too_many_attempts`; 503 `busy`.
    package func login(
        email: String, password: String, code: String? = nil, tenant: String?, _ client: Request.Client = .init()
    ) async throws -> Resource<SessionPayload> {
        try credentials.requireRoom()
        let result = try await pipeline.runForCaller([
            """
            SELECT p.account_id, p.id AS profile_id, t.id AS tenant_id
            FROM core.profiles p
            JOIN core.tenants t ON t.id = p.tenant_id AND t.status = 'active'
            WHERE p.email = \(email) AND p.status = 'active' AND (\(tenant)::text IS NULL OR t.slug = \(tenant))
            LIMIT 2
            """
        ])[0]
        let row = result.count == 1 ? result.first : nil
        let account = try row?.get("account_id", as: ID<Account>.self)
        let hasSecondFactor = try await credentials.check(
            account, email: email, password: password, code: code, client)
        guard let row else { throw Credentials.refused }
        return try await sessions.begin(
            try row.get("profile_id"), of: try row.get("tenant_id"), hasSecondFactor: hasSecondFactor, client)
    }
}
