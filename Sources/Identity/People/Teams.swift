internal import PluginKit
internal import Postgres
internal import Tenancy

/// A group of people who share work.
enum Team {}

/// The teams of a tenant and who is in them.
struct Teams: Sendable {
    /// The most teams of a tenant: whoever sees what is their teams' has all of theirs read again with each change.
    private static let maximumCount = 500

    private let pipeline: PipelineConnection
    private let permissions: Permissions

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, permissions: Permissions) {
        self.pipeline = pipeline
        self.permissions = permissions
    }

    private static func columns(_ tenant: TenantID) -> SQL {
        """
        t.id, t.name,
        ARRAY(
            SELECT m.profile_id::text
            FROM core.team_members m
            WHERE m.tenant_id = \(tenant) AND m.team_id = t.id
            ORDER BY m.profile_id
        ) AS member_ids,
        t.created_at, t.updated_at
        """
    }

    /// A page of a tenant's teams, newest first.
    func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<TeamPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(Teams.columns(tenant))
            FROM core.teams t
            WHERE t.tenant_id = \(tenant) AND t.id < \(page.after(0, or: ID<Team>(.last)))
            ORDER BY t.id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// Makes a team.
    ///
    /// - Throws: `Problem` 403 `role_forbidden`; 409 `already_exists`, `limit_reached`; 422 `reference_missing` for
    ///   somebody who is no member of the tenant.
    func create(_ input: NewTeam, by call: Call) async throws -> Resource<TeamPayload> {
        let tenant = call.tenant
        let id = ID<Team>.make()
        let results = try await pipeline.runForCaller([
            .lock(tenant),
            """
            INSERT INTO core.teams (tenant_id, id, name)
            SELECT \(tenant), \(id), \(input.name)
            WHERE (SELECT count(*) FROM core.teams WHERE tenant_id = \(tenant)) < \(Teams.maximumCount)
              AND \(isAllowed(input.memberIDs, by: call))
            """,
            Teams.additions(input.memberIDs, to: id, tenant), Teams.notice(tenant), Teams.selection(id, tenant),
        ])
        guard !results[4].isEmpty else {
            try await requireAuthority(over: input.memberIDs, by: call)
            throw Problem.conflict("This tenant may have \(Teams.maximumCount) teams.", code: "limit_reached")
        }
        return try Resource(results[4])
    }

    /// Changes a team's name, its people, or both.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`; 409 `already_exists`, `member_changed`; 422
    ///   `reference_missing`.
    func change(_ id: ID<Team>, _ input: TeamChange, by call: Call) async throws -> Resource<TeamPayload> {
        let tenant = call.tenant
        var statements: [SQL] = [
            // Of two at once each would add its people without seeing the other's.
            .lock(tenant),
            """
            UPDATE core.teams
            SET name = COALESCE(\(input.name), name)
            WHERE tenant_id = \(tenant) AND id = \(id) AND \(isAllowed(input.memberIDs ?? [], by: call))
            """,
        ]
        if let members = input.memberIDs {
            statements += [
                """
                DELETE FROM core.team_members
                WHERE tenant_id = \(tenant) AND team_id = \(id) AND NOT profile_id = ANY(\(members))
                  AND \(isAllowed(members, by: call))
                """,
                Teams.additions(members, to: id, tenant, where: isAllowed(members, by: call)), Teams.notice(tenant),
            ]
        }
        let results = try await pipeline.runForCaller(statements + [Teams.selection(id, tenant)])
        guard let last = results.last, !last.isEmpty else { throw Problem.notFound }
        guard results[1].affected == 1 else {
            try await requireAuthority(over: input.memberIDs ?? [], by: call)
            throw Members.changedMeanwhile
        }
        return try Resource(last)
    }

    /// A permission that reaches over teams is widened by new people in a team of its holder, whoever takes them in: only
    /// who has the permission over everything may. That somebody else asks, such as a key that the holder has made, is
    /// no way around it. As a condition, with that the caller is still who they were.
    private func isAllowed(_ members: [ProfileID], by call: Call) -> SQL {
        let lacking = permissions.known.filter { call.permissions[$0] != .all }
        guard !lacking.isEmpty, members.count > 1 else { return Members.isStanding(call) }
        return "(\(Members.isStanding(call)) AND NOT EXISTS (\(Teams.widened(lacking, among: members, call.tenant))))"
    }

    /// Says which part of `isAllowed` does not hold, if one does not.
    private func requireAuthority(over members: [ProfileID], by call: Call) async throws {
        try await pipeline.requireStanding(call)
        let result = try await pipeline.runForCaller(["SELECT \(isAllowed(members, by: call)) AS is_allowed"])[0]
        guard let row = result.first, try row.get("is_allowed", as: Bool.self) else {
            throw Problem(
                status: 403, code: "role_forbidden",
                detail: "Somebody would see, with others in their team, what you may not see yourself.")
        }
    }

    /// Somebody among people who are to share a team to whom one of the permissions would reach further. Built-in roles
    /// have no permission that reaches over teams.
    private static func widened(_ permissions: [String], among members: [ProfileID], _ tenant: TenantID) -> SQL {
        """
        SELECT p.id
        FROM core.profiles AS p
        JOIN core.roles AS r ON r.tenant_id = p.tenant_id AND r.id = p.role_id
        WHERE p.tenant_id = \(tenant) AND p.id = ANY(\(members))
          AND EXISTS (
              SELECT
              FROM jsonb_each_text(r.permissions) AS held (permission, scope)
              WHERE held.scope = 'team' AND held.permission = ANY(\(permissions)))
          AND EXISTS (
              SELECT given.id
              FROM unnest(\(members)) AS given (id)
              WHERE given.id <> p.id
              EXCEPT
              SELECT theirs.profile_id
              FROM core.team_members AS mine
              JOIN core.team_members AS theirs
                  ON theirs.tenant_id = mine.tenant_id AND theirs.team_id = mine.team_id
              WHERE mine.tenant_id = \(tenant) AND mine.profile_id = p.id)
        LIMIT 1
        """
    }

    /// Removes a team; its people stay.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`.
    func remove(_ id: ID<Team>, by call: Call) async throws {
        let result = try await pipeline.runForCaller([
            .lock(call.tenant),
            """
            DELETE FROM core.teams
            WHERE tenant_id = \(call.tenant) AND id = \(id) AND \(Members.isStanding(call))
            """,
            Teams.notice(call.tenant),
        ])[1]
        guard result.affected == 0 else { return }
        try await pipeline.requireStanding(call)
        throw Problem.notFound
    }

    /// Tells every process, whose streams know who shares a team with whom.
    private static func notice(_ tenant: TenantID) -> SQL { "SELECT core.record_change('tenant', \(tenant), 'teams')" }

    private static func additions(
        _ members: [ProfileID], to id: ID<Team>, _ tenant: TenantID, where condition: SQL = "true"
    ) -> SQL {
        """
        INSERT INTO core.team_members (tenant_id, team_id, profile_id)
        SELECT t.tenant_id, t.id, given.id
        FROM core.teams t
        CROSS JOIN unnest(\(members)) AS given (id)
        WHERE t.tenant_id = \(tenant) AND t.id = \(id) AND \(condition)
        ON CONFLICT (tenant_id, team_id, profile_id) DO NOTHING
        """
    }

    private static func selection(_ id: ID<Team>, _ tenant: TenantID) -> SQL {
        "SELECT \(columns(tenant)) FROM core.teams t WHERE t.tenant_id = \(tenant) AND t.id = \(id)"
    }
}
