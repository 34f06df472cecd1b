internal import PluginKit
internal import Postgres
internal import Tenancy

extension Members {
    /// The statements that take back what a person handed out, and what was handed out to open their account; before the
    /// person is changed, under a condition on `core.profiles`. Of the API keys that they made those end that may do
    /// more than they will. Keys for customers' identities are the tenant's own, whoever made them, and stay.
    ///
    /// - Parameter permissions: what the person may do from then on, over everything; nil for no less than before.
    static func takingBack(
        _ id: ProfileID, _ tenant: TenantID, leaving permissions: [String]?, where condition: SQL
    ) -> [SQL] {
        let account: SQL = "(SELECT account_id FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(id))"
        return [
            // Before its resets and logins, as whoever changes the password or logs in has it.
            "SELECT FROM core.accounts WHERE id = \(account) FOR NO KEY UPDATE",
            """
            UPDATE core.password_resets
            SET used_at = now()
            WHERE account_id = \(account) AND used_at IS NULL AND \(exists(id, tenant, where: condition))
            """,
        ]
            + handedOut(
                by: "SELECT id FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(id) AND \(condition)", tenant,
                leaving: permissions)
    }

    /// The statements that take back what people handed out.
    ///
    /// - Parameter permissions: as of `takingBack`.
    static func handedOut(by people: SQL, _ tenant: TenantID, leaving permissions: [String]?) -> [SQL] {
        let keys: SQL? = permissions.map { permissions in
            """
            UPDATE core.api_keys
            SET revoked_at = now()
            WHERE tenant_id = \(tenant) AND created_by IN (\(people)) AND revoked_at IS NULL
              AND NOT (permissions <@ \(permissions))
            """
        }
        return [
            """
            UPDATE core.invitations
            SET revoked_at = now()
            WHERE tenant_id = \(tenant) AND invited_by IN (\(people)) AND accepted_at IS NULL AND revoked_at IS NULL
            """,
            """
            UPDATE core.password_resets
            SET used_at = now()
            WHERE begun_by IN (\(people)) AND used_at IS NULL
            """,
        ] + [keys].compactMap { $0 }
    }

    /// The statement that ends the logins of who is being disabled, before they are, under a condition on `core.profiles`:
    /// else their refresh tokens would hold again once they are let in again. Of their access tokens the change of the
    /// person tells.
    static func endingLogins(of id: ProfileID, _ tenant: TenantID, where condition: SQL) -> SQL {
        """
        UPDATE core.sessions
        SET revoked_at = now(), revoked_reason = 'member disabled'
        WHERE tenant_id = \(tenant) AND profile_id = \(id) AND revoked_at IS NULL
          AND \(exists(id, tenant, where: condition))
        """
    }

    private static func exists(_ id: ProfileID, _ tenant: TenantID, where condition: SQL) -> SQL {
        "EXISTS (SELECT FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(id) AND \(condition))"
    }

    /// The statement that tells every process of the keys that `takingBack` ended; at the end of the transaction, as
    /// others wait from then on.
    static func tellingOfKeys(of tenant: TenantID) -> SQL {
        // Only this transaction has that time.
        .tellingOfEnds(in: "core.api_keys", where: "tenant_id = \(tenant) AND revoked_at = now()")
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
