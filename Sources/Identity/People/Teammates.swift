package import PluginKit
package import Postgres
package import Tenancy

/// Who shares a team with whom, asked only for permissions that reach over teams.
package struct Teammates: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// Everybody in the teams of a session's actor, and the actor.
    package func of(_ session: TenantSession) async throws -> [ProfileID] {
        let own = ProfileID(session.actor.id.uuid)
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT DISTINCT other.profile_id
                FROM core.team_members AS mine
                JOIN core.team_members AS other
                    ON other.tenant_id = mine.tenant_id AND other.team_id = mine.team_id
                WHERE mine.tenant_id = \(session.tenant) AND mine.profile_id = \(own)
                """
            ], isReplayable: true)
        return try result[0].rows.map { try $0.get("profile_id") } + [own]
    }
}
