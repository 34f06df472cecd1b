internal import Cryptography
package import PluginKit
package import Postgres
internal import Tenancy

/// The addresses of hooks: made, listed, given another token, taken away, and found at each call.
package struct HookAddresses: Sendable {
    /// What an address leads to.
    package struct Found: Sendable {
        package let id: ID<HookAddress>
        package let tenant: TenantID
        package let hook: String
        package let permissions: [String: Scope]
    }

    /// The most addresses of a tenant.
    private static let maximumCount = 100

    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// Makes an address, whose token is shown this once.
    ///
    /// - Throws: `Problem` 409 `limit_reached` when the tenant has as many as it may.
    func create(
        _ input: NewHook, of module: String, permissions: [String], by call: Call
    ) async throws -> Resource<NewHookPayload> {
        let (id, token) = (ID<HookAddress>.make(), HookToken.make())
        let creator: ActorID? = call.actor.kind == .member ? call.actor.id : nil
        let results = try await pipeline.runForCaller([
            "SELECT FROM core.tenants WHERE id = \(call.tenant) FOR NO KEY UPDATE",
            """
            INSERT INTO core.hooks (tenant_id, id, module_id, hook, name, hash, permissions, created_by)
            SELECT \(call.tenant), \(id), \(module), \(input.hook), \(input.name), \(HookToken.hash(token)),
                   \(permissions), \(creator)
            WHERE (SELECT count(*) FROM core.hooks WHERE tenant_id = \(call.tenant)) < \(HookAddresses.maximumCount)
            RETURNING \(HookPayload.columns), \("/hooks/\(token)")::text AS path
            """,
        ])
        guard !results[1].isEmpty else {
            throw Problem.conflict(
                "This tenant may have \(HookAddresses.maximumCount) addresses.", code: "limit_reached")
        }
        return try Resource(results[1])
    }

    /// A page of a tenant's addresses, newest first.
    func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<HookPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(HookPayload.columns)
            FROM core.hooks
            WHERE tenant_id = \(tenant) AND id < \(page.after(0, or: ID<HookAddress>(.last)))
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// What whoever calls an address may do.
    ///
    /// - Throws: `Problem.notFound`.
    func permissions(of id: ID<HookAddress>, of tenant: TenantID) async throws -> [String] {
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT to_jsonb(permissions) AS permissions
                FROM core.hooks
                WHERE tenant_id = \(tenant) AND id = \(id)
                """
            ], isReplayable: true)[0]
        guard let row = result.first else { throw Problem.notFound }
        return try HookAddresses.permissions(row)
    }

    private static func permissions(_ row: Row) throws -> [String] {
        (try row.get("permissions", as: JSONValue.self).array ?? []).compactMap(\.string)
    }

    /// Gives an address another token; the one before leads nowhere from now on.
    ///
    /// - Throws: `Problem.notFound`.
    func rotate(_ id: ID<HookAddress>, by call: Call) async throws -> Resource<NewHookPayload> {
        let token = HookToken.make()
        let result = try await pipeline.runForCaller([
            """
            UPDATE core.hooks
            SET hash = \(HookToken.hash(token)), rotated_at = now()
            WHERE tenant_id = \(call.tenant) AND id = \(id)
            RETURNING \(HookPayload.columns), \("/hooks/\(token)")::text AS path
            """
        ])[0]
        return try Resource(result)
    }

    /// Takes an address away.
    ///
    /// - Throws: `Problem.notFound`.
    func remove(_ id: ID<HookAddress>, by call: Call) async throws {
        let result = try await pipeline.runForCaller([
            """
            DELETE FROM core.hooks
            WHERE tenant_id = \(call.tenant) AND id = \(id)
            RETURNING id
            """
        ])[0]
        guard !result.isEmpty else { throw Problem.notFound }
    }

    /// What a token leads to; nil when it leads nowhere, after the same look-up. The use is noted once a minute.
    package func find(_ token: String) async throws -> Found? {
        let hash = HookToken.hash(token)
        let result = try await pipeline.runForCaller([
            """
            SELECT tenant_id, id, hook, hash, to_jsonb(permissions) AS permissions
            FROM core.hooks
            WHERE hash = \(hash)
            """,
            """
            UPDATE core.hooks
            SET last_used_at = now()
            WHERE hash = \(hash) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
            """,
        ])[0]
        guard let row = result.first, ConstantTime.equal(try row.get("hash"), hash) else { return nil }
        let permissions = try HookAddresses.permissions(row)
        return Found(
            id: try row.get("id"), tenant: try row.get("tenant_id"), hook: try row.get("hook"),
            permissions: Dictionary(permissions.map { ($0, Scope.all) }, uniquingKeysWith: { first, _ in first }))
    }
}
