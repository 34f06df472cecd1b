internal import PluginKit
internal import Postgres
internal import Tenancy

/// The roles that tenants make of named permissions.
struct CustomRoles: Sendable {
    /// The most roles of a tenant: every process holds them all, and reads them again with each change.
    private static let maximumCount = 200

    private let pipeline: PipelineConnection
    private let control: ControlPlane
    private let authority: RoleAuthority

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, control: ControlPlane, permissions: Permissions) {
        self.pipeline = pipeline
        self.control = control
        authority = RoleAuthority(permissions: permissions, control: control)
    }

    private static let columns: SQL = "id, name, permissions, created_at, updated_at"

    /// A page of a tenant's own roles, newest first.
    func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<RolePayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(CustomRoles.columns)
            FROM core.roles
            WHERE tenant_id = \(tenant) AND id < \(page.after(0, or: ID<CustomRole>(.last)))
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// Makes a role.
    ///
    /// - Throws: `Problem` 403 `role_forbidden` for permissions that the caller lacks; 409 `already_exists`,
    ///   `limit_reached`.
    func create(_ input: NewRole, by call: Call) async throws -> Resource<RolePayload> {
        try authority.require(input.scopes, by: call)
        let id = ID<CustomRole>.make()
        let results = try await pipeline.runForCaller([
            .lock(call.tenant),
            """
            INSERT INTO core.roles (tenant_id, id, name, permissions)
            SELECT \(call.tenant), \(id), \(input.name), \(input.permissions)
            WHERE (SELECT count(*) FROM core.roles WHERE tenant_id = \(call.tenant)) < \(CustomRoles.maximumCount)
              AND \(Members.isStanding(call))
            RETURNING \(CustomRoles.columns)
            """,
            """
            SELECT core.record_change('role', tenant_id, name)
            FROM core.roles
            WHERE tenant_id = \(call.tenant) AND id = \(id)
            """,
        ])
        guard !results[1].isEmpty else {
            try await pipeline.requireStanding(call)
            throw Problem.conflict("This tenant may have \(CustomRoles.maximumCount) roles.", code: "limit_reached")
        }
        try await control.refreshForCaller()
        return try Resource(results[1])
    }

    /// Changes a role; its holders may do the new and no longer the old within a second. If it allows less, what they
    /// handed out ends, with those API keys they made that may do more than they.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`.
    func change(_ id: ID<CustomRole>, _ input: RoleChange, by call: Call) async throws -> Resource<RolePayload> {
        guard control.read({ $0.role(id.uuid, of: call.tenant) }) != nil else { throw Problem.notFound }
        try authority.require(.custom(id), by: call)
        if let scopes = input.scopes { try authority.require(scopes, by: call) }
        let first = [SQL.lock(call.tenant)] + takingBack(id, input, by: call)
        let results = try await pipeline.runForCaller(
            first + [
                """
                UPDATE core.roles
                SET name = COALESCE(\(input.name), name),
                    permissions = COALESCE(\(input.permissions), permissions)
                WHERE tenant_id = \(call.tenant) AND id = \(id) AND \(Members.isStanding(call))
                RETURNING \(CustomRoles.columns)
                """,
                "SELECT core.record_change('role', \(call.tenant), \(id.description))",
                Members.tellingOfKeys(of: call.tenant),
            ])
        if results[first.count].isEmpty { try await pipeline.requireStanding(call) }
        try await control.refreshForCaller()
        return try Resource(results[first.count])
    }

    /// The statements that take back what the holders of a role handed out, if the change leaves them less.
    private func takingBack(_ id: ID<CustomRole>, _ input: RoleChange, by call: Call) -> [SQL] {
        guard let permissions = input.permissions, let scopes = input.scopes else { return [] }
        return Members.handedOut(
            by: """
                SELECT p.id
                FROM core.profiles AS p
                JOIN core.roles AS r ON r.tenant_id = p.tenant_id AND r.id = p.role_id
                WHERE p.tenant_id = \(call.tenant) AND p.role_id = \(id) AND NOT (\(permissions) @> r.permissions)
                  AND \(Members.isStanding(call))
                """, call.tenant, leaving: scopes.filter { $0.value == .all }.keys.sorted())
    }

    /// Removes a role that nobody has.
    ///
    /// - Throws: `Problem.notFound`; 409 `role_in_use`.
    func remove(_ id: ID<CustomRole>, by call: Call) async throws {
        let results = try await pipeline.runForCaller([
            .lock(call.tenant),
            """
            DELETE FROM core.roles
            WHERE tenant_id = \(call.tenant) AND id = \(id) AND \(Members.isStanding(call))
              AND NOT EXISTS (SELECT FROM core.profiles WHERE tenant_id = \(call.tenant) AND role_id = \(id))
            """,
            "SELECT id FROM core.roles WHERE tenant_id = \(call.tenant) AND id = \(id)",
            "SELECT core.record_change('role', \(call.tenant), \(id.description))",
        ])
        if results[1].affected == 0 {
            guard !results[2].isEmpty else { throw Problem.notFound }
            try await pipeline.requireStanding(call)
            throw Problem.conflict("Somebody has this role.", code: "role_in_use")
        }
        try await control.refreshForCaller()
    }
}
