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

    /// How many accounts of one address a password is tried on when no tenant is named. Each costs a hash, found or not,
    /// so it is a small number: the account that is the person's own, and the oldest of those that tenants manage.
    private static let candidates = 2

    /// Checks the password, and the second factor where there is one, and begins a login in the tenant; the tenant may be
    /// left out by whoever's account opens only one. Another tenant's account of the same address is in nobody's way.
    ///
    /// - Throws: `Problem` 401 `login_refused`, `second_factor_required`; 429 `too_many_attempts`; 503 `busy`.
    package func login(
        email: String, password: String, code: String? = nil, tenant: String?, _ client: Request.Client = .init()
    ) async throws -> Resource<SessionPayload> {
        try credentials.requireRoom()
        let places = tenant == nil ? Logins.candidates : 1
        let found = try await pipeline.runForCaller([
            """
            SELECT p.account_id, (array_agg(p.id))[1] AS profile_id, (array_agg(p.tenant_id))[1] AS tenant_id,
                   count(*) AS profiles
            FROM core.profiles p
            JOIN core.tenants t ON t.id = p.tenant_id AND t.status = 'active'
            JOIN core.accounts a ON a.id = p.account_id
            WHERE p.email = \(email) AND p.status = 'active' AND (\(tenant)::text IS NULL OR t.slug = \(tenant))
            GROUP BY p.account_id, a.managed_by
            ORDER BY a.managed_by IS NOT NULL, p.account_id
            LIMIT \(places)
            """
        ])[0]
        let accounts: [ID<Account>?] = try found.rows.map { try $0.get("account_id", as: ID<Account>.self) }
        let proof = try await credentials.check(
            accounts + Array(repeating: nil, count: places - accounts.count), email: email, password: password,
            code: code, client)
        // Which of several tenants is meant, nobody but the person knows.
        guard let row = try found.rows.first(where: { try $0.get("account_id") == proof.account }),
            try row.get("profiles", as: Int.self) == 1
        else { throw Credentials.refused }
        return try await sessions.begin(
            try row.get("profile_id"), of: try row.get("tenant_id"), passwordHash: proof.passwordHash,
            hasSecondFactor: proof.hasSecondFactor, client)
    }
}
