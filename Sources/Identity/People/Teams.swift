internal import PluginKit
internal import Postgres
internal import Tenancy

/// A group of people who share work.
enum Team {}

/// The teams of a tenant and who is in them.
struct Teams: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
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
    /// - Throws: `Problem` 403 `role_forbidden`; 409 `already_exists`; 422 `reference_missing` for somebody who is no
    ///   member of the tenant.
    func create(_ input: NewTeam, by call: Call) async throws -> Resource<TeamPayload> {
        try await requireAuthority(over: input.memberIDs, by: call)
        let tenant = call.tenant
        let id = ID<Team>.make()
        let results = try await pipeline.runForCaller([
            "INSERT INTO core.teams (tenant_id, id, name) VALUES (\(tenant), \(id), \(input.name))",
            Teams.additions(input.memberIDs, to: id, tenant), Teams.notice(tenant), Teams.selection(id, tenant),
        ])
        return try Resource(results[3])
    }

    /// Changes a team's name, its people, or both.
    ///
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`; 409 `already_exists`; 422 `reference_missing`.
    func change(_ id: ID<Team>, _ input: TeamChange, by call: Call) async throws -> Resource<TeamPayload> {
        if let members = input.memberIDs { try await requireAuthority(over: members, by: call) }
        let tenant = call.tenant
        var statements: [SQL] = [
            """
            UPDATE core.teams
            SET name = COALESCE(\(input.name), name)
            WHERE tenant_id = \(tenant) AND id = \(id)
            """
        ]
        if let members = input.memberIDs {
            statements += [
                """
                DELETE FROM core.team_members
                WHERE tenant_id = \(tenant) AND team_id = \(id) AND NOT profile_id = ANY(\(members))
                """,
                Teams.additions(members, to: id, tenant), Teams.notice(tenant),
            ]
        }
        let results = try await pipeline.runForCaller(statements + [Teams.selection(id, tenant)])
        guard let last = results.last, !last.isEmpty else { throw Problem.notFound }
        return try Resource(last)
    }

    /// Whose permissions reach over their teams does not widen them by taking others into a team of theirs.
    private func requireAuthority(over members: [ProfileID], by call: Call) async throws {
        let own = ProfileID(call.actor.id.uuid)
        guard call.permissions.values.contains(.team), members.contains(own) else { return }
        let mates = try await Teammates(pipeline: pipeline).of(TenantSession(verified: call.tenant, actor: call.actor))
        guard Set(members).isSubset(of: mates) else {
            throw Problem(
                status: 403, code: "role_forbidden", detail: "You cannot take others into a team of your own.")
        }
    }

    /// Removes a team; its people stay.
    ///
    /// - Throws: `Problem.notFound`.
    func remove(_ id: ID<Team>, of tenant: TenantID) async throws {
        let result = try await pipeline.runForCaller([
            "DELETE FROM core.teams WHERE tenant_id = \(tenant) AND id = \(id)", Teams.notice(tenant),
        ])[0]
        guard result.affected == 1 else { throw Problem.notFound }
    }

    /// Tells every process, whose streams know who shares a team with whom.
    private static func notice(_ tenant: TenantID) -> SQL { "SELECT core.record_change('tenant', \(tenant), 'teams')" }

    private static func additions(_ members: [ProfileID], to id: ID<Team>, _ tenant: TenantID) -> SQL {
        """
        INSERT INTO core.team_members (tenant_id, team_id, profile_id)
        SELECT t.tenant_id, t.id, given.id
        FROM core.teams t
        CROSS JOIN unnest(\(members)) AS given (id)
        WHERE t.tenant_id = \(tenant) AND t.id = \(id)
        ON CONFLICT (tenant_id, team_id, profile_id) DO NOTHING
        """
    }

    private static func selection(_ id: ID<Team>, _ tenant: TenantID) -> SQL {
        "SELECT \(columns(tenant)) FROM core.teams t WHERE t.tenant_id = \(tenant) AND t.id = \(id)"
    }
}
