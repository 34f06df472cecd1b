package import Cryptography
package import PluginKit
package import Postgres
package import Tenancy

/// The people of a tenant.
package struct Members: Sendable {
    let pipeline: PipelineConnection
    private let leases: LeasePool
    private let passwords: PasswordHasher
    private let control: ControlPlane
    let authority: RoleAuthority

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - leases: from which a connection of the same role is taken to remove somebody, because that may take long.
    package init(
        pipeline: PipelineConnection, leases: LeasePool, passwords: PasswordHasher, control: ControlPlane,
        permissions: Permissions
    ) {
        self.pipeline = pipeline
        self.leases = leases
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
    /// - Parameter call: of the member or key that adds them; nil for the platform itself.
    /// - Throws: `Problem` 409 `already_exists` when the tenant has somebody with this address; 409 `limit_reached`;
    ///   403 `role_forbidden` when the caller is no longer who they were.
    package func add(
        _ member: NewMember, to tenant: TenantID, by call: Call? = nil
    ) async throws -> Resource<MemberPayload> {
        try await requireRoom(in: tenant)
        let hash = try await passwords.hash(chosen: member.password, at: "/password")
        let insertion = Members.insertion(
            of: member, passwordHash: hash.text, into: tenant, where: call.map(Members.isStanding) ?? "true",
            returning: Members.columns)
        let results = try await pipeline.runForCaller([SQL.lock(tenant)] + insertion)
        guard !results[2].isEmpty else { throw RoleAuthority.forbidden }
        return try Resource(results[2])
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

    /// Changes a name, a role or a status. Unless only the name changes, the person's tokens end within a second, with
    /// what they handed out and those API keys they made that may do more than they; who is disabled logs in anew later.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`; 409 `last_owner`, `member_changed`.
    func change(_ id: ProfileID, _ input: MemberChange, by call: Call) async throws -> Resource<MemberPayload> {
        let present = try await requireAuthority(over: id, call)
        if let role = input.role { try authority.require(role, by: call) }
        let isDemotion = input.role.map { $0 != .owner } ?? false || input.status == "disabled"
        let isPossible: SQL = """
            NOT (\(isDemotion) AND \(Members.isLastOwner(call.tenant)))
            AND \(Members.hasRole(present)) AND \(Members.isStanding(call))
            """
        var first = [SQL.lock(call.tenant)]
        if input.role != nil || input.status != nil {
            let left = input.status == "disabled" ? [] : authority.left(of: present, as: input.role, of: call.tenant)
            first += Members.takingBack(
                id, call.tenant, leaving: left, where: "\(Members.changes(input)) AND \(isPossible)")
        }
        if input.status == "disabled" {
            first.append(Members.endingLogins(of: id, call.tenant, where: isPossible))
        }
        let results = try await pipeline.runForCaller(
            first + [
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
                Members.tellingOfKeys(of: call.tenant),
            ])
        let changed = results[first.count]
        guard !changed.isEmpty else { throw try await refusal(of: id, as: present, call) }
        try await control.refreshForCaller()
        return try Resource(changed)
    }

    /// Removes a person from the tenant with what they handed out and the API keys they made, and the account if the
    /// tenant manages it. Whatever names the person changes with it, such as every conversation that was ever assigned to
    /// them.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`; 409 `last_owner`, `member_changed`.
    func remove(_ id: ProfileID, by call: Call) async throws {
        let present = try await requireAuthority(over: id, call)
        let isPossible: SQL = """
            NOT \(Members.isLastOwner(call.tenant))
            AND \(Members.hasRole(present)) AND \(Members.isStanding(call))
            """
        // First out of everything, at once: what refers to the person may take long, and nobody waits for that.
        let first =
            [SQL.lock(call.tenant)] + Members.takingBack(id, call.tenant, leaving: [], where: isPossible)
            + [Members.endingLogins(of: id, call.tenant, where: isPossible)]
        let results = try await pipeline.runForCaller(
            first + [
                """
                WITH gone AS (
                    UPDATE core.profiles
                    SET status = 'disabled', epoch = epoch + 1
                    WHERE tenant_id = \(call.tenant) AND id = \(id) AND \(isPossible)
                    RETURNING tenant_id, id, epoch
                )
                SELECT epoch, core.record_change('profile', tenant_id, id || ':' || epoch)
                FROM gone
                """,
                Members.tellingOfKeys(of: call.tenant),
            ])
        guard let gone = results[first.count].first else { throw try await refusal(of: id, as: present, call) }
        try await delete(id, at: try gone.get("epoch"), by: call)
        try await control.refreshForCaller()
    }

    /// Deletes a person who is out, unless somebody has let them in again.
    private func delete(_ id: ProfileID, at epoch: Int64, by call: Call) async throws {
        let results = try await leases.runForCaller(
            [
                """
                DELETE FROM core.profiles
                WHERE tenant_id = \(call.tenant) AND id = \(id) AND status = 'disabled' AND epoch = \(epoch)
                RETURNING id
                """,
                """
                DELETE FROM core.accounts AS a
                WHERE a.managed_by = \(call.tenant)
                  AND NOT EXISTS (SELECT FROM core.profiles AS p WHERE p.account_id = a.id)
                """,
                // By itself and last: whatever else changes in any tenant waits from here on.
                """
                SELECT core.record_change('profile', \(call.tenant), \("\(id):\(Int64.max)"))
                WHERE NOT EXISTS (
                    SELECT
                    FROM core.profiles
                    WHERE tenant_id = \(call.tenant) AND id = \(id))
                """,
            ], as: .auth, for: call.tenant)
        guard !results[0].isEmpty else { throw Members.changedMeanwhile }
    }

    /// Why somebody who had this role was not changed.
    private func refusal(of id: ProfileID, as role: Role, _ call: Call) async throws -> Problem {
        try await pipeline.requireStanding(call)
        return try await requireAuthority(over: id, call) == role ? Members.lastOwner : Members.changedMeanwhile
    }

    private static let lastOwner = Problem.conflict(
        "A tenant keeps at least one active owner; make somebody else an owner first.", code: "last_owner")

    private static func isLastOwner(_ tenant: TenantID) -> SQL {
        """
        (role = 'owner' AND NOT EXISTS (
            SELECT
            FROM core.profiles AS other
            WHERE other.tenant_id = \(tenant) AND other.id <> profiles.id
              AND other.role = 'owner' AND other.status = 'active'))
        """
    }

    /// An account that the tenant manages, and the profile that goes with it; nothing unless a condition holds.
    static func insertion(
        of member: NewMember, passwordHash: String, into tenant: TenantID, where condition: SQL = "true",
        returning columns: SQL
    ) -> [SQL] {
        let account = ID<Account>.make()
        return [
            """
            INSERT INTO core.accounts (id, email, password_hash, managed_by)
            SELECT \(account), \(member.email), \(passwordHash), \(tenant)
            WHERE \(condition)
            """,
            """
            INSERT INTO core.profiles (tenant_id, id, account_id, email, name, role, role_id)
            SELECT \(tenant), \(ProfileID.make()), a.id, a.email, \(member.name), \(member.role.word),
                   \(member.role.customID)
            FROM core.accounts a
            WHERE a.id = \(account)
            RETURNING \(columns)
            """,
        ]
    }
}

/// A person as the installation knows them, across tenants.
package enum Account {}
