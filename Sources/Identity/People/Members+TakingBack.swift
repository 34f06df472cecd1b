internal import PluginKit
internal import Postgres
internal import Tenancy

extension Members {
    /// The statements that take back what a person handed out, and what was handed out to open their account; before the
    /// person is changed, under a condition on `core.profiles`.
    static func takingBack(_ id: ProfileID, _ tenant: TenantID, where condition: SQL) -> [SQL] {
        let isMeant: SQL = """
            EXISTS (SELECT FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(id) AND \(condition))
            """
        let account: SQL = "(SELECT account_id FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(id))"
        return [
            // Before its resets and logins, as whoever changes the password or logs in has it.
            "SELECT FROM core.accounts WHERE id = \(account) FOR NO KEY UPDATE",
            """
            UPDATE core.invitations
            SET revoked_at = now()
            WHERE tenant_id = \(tenant) AND invited_by = \(id) AND accepted_at IS NULL AND revoked_at IS NULL
              AND \(isMeant)
            """,
            """
            UPDATE core.password_resets
            SET used_at = now()
            WHERE (account_id = \(account) OR begun_by = \(id)) AND used_at IS NULL AND \(isMeant)
            """,
        ]
    }

    /// Whether who hands something out still is who they were when their request came, as a condition: else it would not
    /// be taken back with them. To be asked after `SQL.lock`.
    static func isStanding(_ call: Call) -> SQL {
        let person = call.member
        let role = Role(claim: call.actor.role)
        return """
            (\(person)::uuid IS NULL OR EXISTS (
                SELECT
                FROM core.profiles
                WHERE tenant_id = \(call.tenant) AND id = \(person) AND status = 'active'
                  AND role = \(role?.word) AND role_id IS NOT DISTINCT FROM \(role?.customID)))
            """
    }

    /// Whether a change gives a person another role or status, as a condition on `core.profiles`.
    static func changes(_ input: MemberChange) -> SQL {
        """
        (role <> COALESCE(\(input.role?.word), role)
         OR \(input.role != nil) AND role_id IS DISTINCT FROM \(input.role?.customID)
         OR status <> COALESCE(\(input.status), status))
        """
    }
}
