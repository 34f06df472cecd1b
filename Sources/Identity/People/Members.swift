package import Cryptography
package import PluginKit
package import Postgres
package import Tenancy

/// The people of a tenant.
package struct Members: Sendable {
    private let pipeline: PipelineConnection
    private let passwords: PasswordHasher
    private let control: ControlPlane
    let authority: RoleAuthority

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(
        pipeline: PipelineConnection, passwords: PasswordHasher, control: ControlPlane, permissions: Permissions
    ) {
        self.pipeline = pipeline
        self.passwords = passwords
        self.control = control
        authority = RoleAuthority(permissions: permissions, control: control)
    }

    /// A member's columns, as `MemberPayload` has them; a role of the tenant's own is shown by its id.
    static let columns: SQL = """
        id, email, name, COALESCE(role_id::text, role) AS role, status, created_at
        """

    /// Adds a person to a tenant, with an account that the tenant manages.
    ///
    /// - Throws: `Problem` 409 `already_exists` when the tenant has somebody with this address; 409 `limit_reached`.
    package func add(_ member: NewMember, to tenant: TenantID) async throws -> Resource<MemberPayload> {
        try await requireRoom(in: tenant)
        let hash = try await passwords.hash(chosen: member.password, at: "/password")
        let results = try await pipeline.runForCaller(
            Members.insertion(of: member, passwordHash: hash.text, into: tenant, returning: Members.columns))
        return try Resource(results[1])
    }

    /// Refuses one more person than the tenant's limit.
    ///
    /// - Throws: `Problem` 409 `limit_reached`.
    func requireRoom(in tenant: TenantID) async throws {
        guard let limit = control.read({ $0.limit("members", of: tenant) }) else { return }
        let row = try await pipeline.runForCaller([
            "SELECT count(*) AS count FROM core.profiles WHERE tenant_id = \(tenant)"
        ])[0].first
        guard let count = try row?.get("count", as: Int.self), count >= limit else { return }
        throw Problem.conflict("This tenant may have \(limit) members.", code: "limit_reached")
    }

    /// A page of a tenant's people, newest first.
    package func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<MemberPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(Members.columns)
            FROM core.profiles
            WHERE tenant_id = \(tenant) AND id < \(page.after(0, or: ID<Profile>(.last)))
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// All people of a tenant, newest first, for the command line.
    package func all(of tenant: TenantID) async throws -> [Summary] {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(Members.columns)
            FROM core.profiles
            WHERE tenant_id = \(tenant)
            ORDER BY id DESC
            """
        ])[0]
        return try result.rows.map { row in
            Summary(
                id: try row.get("id"), email: try row.get("email"), name: try row.get("name"),
                role: try row.get("role"), status: try row.get("status"))
        }
    }

    /// A person in one line.
    package struct Summary: Sendable {
        package let id: ProfileID
        /// Nil for who has only ever signed in through a provider.
        package let email: String?
        package let name: String
        package let role: String
        package let status: String

        package var json: JSONValue {
            [
                "id": .string(id.description), "email": email.map { .string($0) } ?? .null, "name": .string(name),
                "role": .string(role),
                "status": .string(status),
            ]
        }
    }

    /// One person.
    ///
    /// - Throws: `Problem.notFound`.
    package func get(_ id: ProfileID, of tenant: TenantID) async throws -> Resource<MemberPayload> {
        try Resource(
            await pipeline.runForCaller([
                "SELECT \(Members.columns) FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(id)"
            ])[0])
    }

    /// Changes a name, a role or a status; tokens of the person end within a second unless only the name changed.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`; 409 `last_owner`.
    func change(_ id: ProfileID, _ input: MemberChange, by call: Call) async throws -> Resource<MemberPayload> {
        try await requireAuthority(over: id, call)
        if let role = input.role { try authority.require(role, by: call) }
        let isDemotion = input.role.map { $0 != .owner } ?? false || input.status == "disabled"
        let isPossible: SQL = "NOT (\(isDemotion) AND \(Members.isLastOwner(call.tenant)))"
        var statements = [SQL.lock(call.tenant)]
        if input.role != nil || input.status != nil {
            statements += Members.takingBack(id, call.tenant, where: "\(Members.changes(input)) AND \(isPossible)")
        }
        let results = try await pipeline.runForCaller(
            statements + [
                """
                UPDATE core.profiles
                SET name = COALESCE(\(input.name), name),
                    role = COALESCE(\(input.role?.word), role),
                    role_id = CASE WHEN \(input.role != nil) THEN \(input.role?.customID) ELSE role_id END,
                    status = COALESCE(\(input.status), status),
                    epoch = epoch + \(input.role != nil || input.status != nil ? 1 : 0)
                WHERE tenant_id = \(call.tenant) AND id = \(id) AND \(isPossible)
                RETURNING \(Members.columns)
                """,
                """
                SELECT core.record_change('profile', tenant_id, id || ':' || epoch)
                FROM core.profiles
                WHERE tenant_id = \(call.tenant) AND id = \(id) AND \(input.role != nil || input.status != nil)
                """,
            ])
        let changed = results[results.count - 2]
        guard !changed.isEmpty else { throw Members.lastOwner }
        try await control.refreshForCaller()
        return try Resource(changed)
    }

    /// Removes a person from the tenant with what they handed out, and the account if the tenant manages it.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`; 409 `last_owner`.
    func remove(_ id: ProfileID, by call: Call) async throws {
        try await requireAuthority(over: id, call)
        let isPossible: SQL = "NOT \(Members.isLastOwner(call.tenant))"
        let first = [SQL.lock(call.tenant)] + Members.takingBack(id, call.tenant, where: isPossible)
        let results = try await pipeline.runForCaller(
            first + [
                """
                WITH gone AS (
                    DELETE FROM core.profiles
                    WHERE tenant_id = \(call.tenant) AND id = \(id) AND \(isPossible)
                    RETURNING tenant_id, id
                )
                SELECT core.record_change('profile', tenant_id, id || \(":\(Int64.max)"))
                FROM gone
                """,
                """
                DELETE FROM core.accounts AS a
                WHERE a.managed_by = \(call.tenant)
                  AND NOT EXISTS (SELECT FROM core.profiles AS p WHERE p.account_id = a.id)
                """,
            ])
        guard !results[first.count].isEmpty else { throw Members.lastOwner }
        try await control.refreshForCaller()
    }

    private static let lastOwner = Problem.conflict(
        "A tenant keeps at least one active owner; make somebody else an owner first.", code: "last_owner")

    /// Only who covers a person's role may change that person.
    func requireAuthority(over id: ProfileID, _ call: Call) async throws {
        let result = try await pipeline.runForCaller([
            "SELECT role, role_id FROM core.profiles WHERE tenant_id = \(call.tenant) AND id = \(id)"
        ])[0]
        guard let row = result.first, let role = Role(try row.get("role"), try row.get("role_id")) else {
            throw Problem.notFound
        }
        if call.actor.id.uuid == id.uuid, call.actor.kind == .member { return }
        try authority.require(role, by: call)
    }

    private static func isLastOwner(_ tenant: TenantID) -> SQL {
        """
        (role = 'owner' AND NOT EXISTS (
            SELECT
            FROM core.profiles AS other
            WHERE other.tenant_id = \(tenant) AND other.id <> profiles.id
              AND other.role = 'owner' AND other.status = 'active'))
        """
    }

    /// An account that the tenant manages, and the profile that goes with it.
    static func insertion(
        of member: NewMember, passwordHash: String, into tenant: TenantID, returning columns: SQL
    ) -> [SQL] {
        let account = ID<Account>.make()
        return [
            """
            INSERT INTO core.accounts (id, email, password_hash, managed_by)
            VALUES (\(account), \(member.email), \(passwordHash), \(tenant))
            """,
            """
            INSERT INTO core.profiles (tenant_id, id, account_id, email, name, role, role_id)
            VALUES (\(tenant), \(ProfileID.make()), \(account), \(member.email), \(member.name), \(member.role.word),
                    \(member.role.customID))
            RETURNING \(columns)
            """,
        ]
    }
}

/// A person as the installation knows them, across tenants.
package enum Account {}
