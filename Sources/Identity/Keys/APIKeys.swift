internal import Cryptography
package import PluginKit
package import Postgres
package import Tenancy

/// The keys of tenants: made, listed, ended, and verified at each request.
package struct APIKeys: Sendable {
    /// A verified key.
    package struct Verified: Sendable {
        package let id: ID<APIKey>
        package let tenant: TenantID
        package let grant: Grant
        package let requestsPerMinute: Int?
        let expiresAt: Timestamp?
    }

    /// The most keys of a tenant that are in force at once.
    private static let maximumCount = 100

    private let pipeline: PipelineConnection
    private let control: ControlPlane
    private let cache = APIKeyCache()

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, control: ControlPlane) {
        self.pipeline = pipeline
        self.control = control
    }

    private static let columns: SQL = """
        id, name, permissions, requests_per_minute, last_used_at, expires_at, created_at
        """

    /// Makes a key, whose text is shown this once. It ends when the person who made it, by themselves or by another key of
    /// theirs, is removed, disabled, or given a role that covers it no more.
    ///
    /// - Parameter call: of the member or key that makes it; nil for the platform itself.
    /// - Throws: `Problem` 409 `limit_reached` when the tenant has as many as it may; 403 `role_forbidden` when the caller
    ///   is no longer who they were.
    package func create(
        _ input: NewAPIKey, by call: Call?, of tenant: TenantID
    ) async throws -> Resource<CreatedAPIKeyPayload> {
        let token = APIKeyToken.make()
        let creator: SQL = """
            COALESCE(\(call?.member), (
                SELECT created_by
                FROM core.api_keys
                WHERE tenant_id = \(tenant) AND id = \(call?.key)))
            """
        let limit = min(control.read { $0.limit("api_keys", of: tenant) } ?? .max, APIKeys.maximumCount)
        let results = try await pipeline.runForCaller([
            .lock(tenant),
            """
            INSERT INTO core.api_keys
                (tenant_id, id, name, hash, permissions, requests_per_minute, created_by, expires_at)
            SELECT \(tenant), \(token.id), \(input.name), \(token.hash), \(input.permissions),
                   \(input.requestsPerMinute)::int8, \(creator), \(input.expiresAt)
            WHERE (
                SELECT count(*)
                FROM core.api_keys
                WHERE tenant_id = \(tenant) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
            ) < \(limit)
              AND \(call.map(Members.isStanding) ?? "true")
            RETURNING id, name, permissions, requests_per_minute, expires_at, created_at, \(token.text)::text AS key
            """,
        ])
        guard !results[1].isEmpty else {
            if let call { try await pipeline.requireStanding(call) }
            throw Problem.conflict("This tenant may have \(limit) keys.", code: "limit_reached")
        }
        return try Resource(results[1])
    }

    /// A page of a tenant's keys that are in force, newest first.
    package func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<APIKeyPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(APIKeys.columns)
            FROM core.api_keys
            WHERE tenant_id = \(tenant) AND id < \(page.after(0, or: ID<APIKey>(.last))) AND revoked_at IS NULL
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// Ends a key; every process knows within a second.
    ///
    /// - Throws: `Problem.notFound`.
    package func revoke(_ id: ID<APIKey>, of tenant: TenantID) async throws {
        let result = try await pipeline.runForCaller([
            """
            WITH gone AS (
                UPDATE core.api_keys
                SET revoked_at = now()
                WHERE tenant_id = \(tenant) AND id = \(id) AND revoked_at IS NULL
                RETURNING tenant_id, id
            )
            \(SQL.tellingOfEnds(in: "gone"))
            """
        ])[0]
        guard !result.isEmpty else { throw Problem.notFound }
        try await control.refreshForCaller()
    }

    /// The key behind a text, if it is in force. The database is asked at most once a minute, and then notes the use.
    func verify(_ text: String) async throws -> Verified? {
        guard let token = APIKeyToken(text) else { return nil }
        let hash = token.hash
        let cached = cache.key(for: hash)
        let found = if let cached { Verified?.some(cached) } else { try await look(up: token, hash: hash) }
        guard let key = found else { return nil }
        let isRevoked = control.read { $0.isRevoked(LoginSessionID(key.id.uuid)) }
        guard !isRevoked, key.expiresAt.map({ $0 > .now() }) ?? true else { return nil }
        return key
    }

    private func look(up token: APIKeyToken, hash: [UInt8]) async throws -> Verified? {
        let result = try await pipeline.runForCaller([
            """
            UPDATE core.api_keys
            SET last_used_at = now()
            WHERE id = \(token.id) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
              AND hash = \(hash)
            RETURNING tenant_id, hash, to_jsonb(permissions) AS permissions, requests_per_minute::int8, expires_at
            """
        ])[0]
        guard let row = result.first, ConstantTime.equal(try row.get("hash"), hash) else { return nil }
        let permissions = (try row.get("permissions", as: JSONValue.self).array ?? []).compactMap(\.string)
        let key = Verified(
            id: token.id, tenant: try row.get("tenant_id"),
            grant: .listed(Dictionary(permissions.map { ($0, Scope.all) }, uniquingKeysWith: { first, _ in first })),
            requestsPerMinute: try row.get("requests_per_minute"), expiresAt: try row.get("expires_at"))
        cache.insert(key, for: hash)
        return key
    }
}
