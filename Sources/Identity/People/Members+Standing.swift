internal import PluginKit
internal import Postgres
internal import Tenancy

extension Members {
    static let changedMeanwhile = Problem.conflict(
        "Somebody else has changed this person meanwhile; look again.", code: "member_changed")

    /// Only who covers a person's role may change that person. The role may be another one by the time of the change,
    /// which therefore asks `hasRole`.
    ///
    /// - Returns: the person's role.
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`.
    func requireAuthority(over id: ProfileID, _ call: Call) async throws -> Role {
        let result = try await pipeline.runForCaller([
            "SELECT role, role_id FROM core.profiles WHERE tenant_id = \(call.tenant) AND id = \(id)"
        ])[0]
        guard let row = result.first, let role = Role(try row.get("role"), try row.get("role_id")) else {
            throw Problem.notFound
        }
        if call.actor.id.uuid == id.uuid, call.actor.kind == .member { return role }
        try authority.require(role, by: call)
        return role
    }

    /// Whether a person still has a role, as a condition on `core.profiles`.
    static func hasRole(_ role: Role) -> SQL {
        "(role = \(role.word) AND role_id IS NOT DISTINCT FROM \(role.customID))"
    }

    /// Whether who changes or hands out something still is who they were when their request came, as a condition: a
    /// person with the same role, which allows no less, or a key in force. Else what they hand out would not be taken
    /// back with them. To be asked after `SQL.lock`.
    static func isStanding(_ call: Call) -> SQL {
        if let key = call.key {
            // One that ends its maker ends with them, in this transaction, which alone has that time.
            return """
                EXISTS (
                    SELECT
                    FROM core.api_keys
                    WHERE tenant_id = \(call.tenant) AND id = \(key)
                      AND (revoked_at IS NULL OR revoked_at = now()) AND (expires_at IS NULL OR expires_at > now()))
                """
        }
        let person = call.member
        let role = Role(claim: call.actor.role)
        let held = JSONValue.object(call.permissions.map { .init($0.key, .string($0.value.rawValue)) })
        return """
            (\(person)::uuid IS NULL OR EXISTS (
                SELECT
                FROM core.profiles
                WHERE tenant_id = \(call.tenant) AND id = \(person) AND status = 'active'
                  AND role = \(role?.word) AND role_id IS NOT DISTINCT FROM \(role?.customID)
                  AND (role_id IS NULL OR EXISTS (
                      SELECT
                      FROM core.roles AS r
                      WHERE r.tenant_id = profiles.tenant_id AND r.id = profiles.role_id
                        AND r.permissions @> \(held)))))
            """
    }
}

extension PipelineConnection {
    /// Refuses who no longer is who they were when their request came, once a statement under `Members.isStanding` has
    /// done nothing.
    ///
    /// - Throws: `Problem` 403 `role_forbidden`.
    func requireStanding(_ call: Call) async throws {
        let row = try await runForCaller(
            ["SELECT \(Members.isStanding(call)) AS is_standing"], isReplayable: true)[0].first
        guard let row, try row.get("is_standing", as: Bool.self) else { throw RoleAuthority.forbidden }
    }
}
