internal import PluginKit
internal import Tenancy

/// The statements that end logins and tell every process.
extension LoginSessions {
    /// How many logins of a person stand in a tenant, so that all of them can be ended in one statement.
    static let maximumCount = 100
    /// How many a new one ends in one step, where more have stood since before there was a bound.
    private static let endedAtOnce = 500

    /// Ends the logins of an account in every tenant, under a condition on `core.accounts`.
    static func ending(
        ofAccount account: ID<Account>, but kept: LoginSessionID?, reason: String, where condition: SQL
    ) -> SQL {
        """
        WITH gone AS (
            UPDATE core.sessions AS s
            SET revoked_at = now(), revoked_reason = \(reason)
            FROM core.profiles AS p
            JOIN core.accounts ON accounts.id = p.account_id
            WHERE p.account_id = \(account) AND \(condition)
              AND s.tenant_id = p.tenant_id AND s.profile_id = p.id AND s.revoked_at IS NULL
              AND (\(kept)::uuid IS NULL OR s.id <> \(kept))
            RETURNING s.tenant_id, s.id
        )
        \(SQL.tellingOfEnds(in: "gone"))
        """
    }

    /// Ends a person's logins in a tenant.
    static func ending(
        of profile: ProfileID, _ tenant: TenantID, but kept: LoginSessionID?, reason: String
    ) -> SQL {
        """
        WITH gone AS (
            UPDATE core.sessions
            SET revoked_at = now(), revoked_reason = \(reason)
            WHERE tenant_id = \(tenant) AND profile_id = \(profile) AND revoked_at IS NULL
              AND (\(kept)::uuid IS NULL OR id <> \(kept))
            RETURNING tenant_id, id
        )
        \(SQL.tellingOfEnds(in: "gone"))
        """
    }

    /// Ends those of a person's logins in a tenant that are too many: the ones that were not used for the longest.
    static func endingSurplus(of profile: ProfileID, _ tenant: TenantID) -> SQL {
        """
        WITH surplus AS (
            SELECT id
            FROM core.sessions
            WHERE tenant_id = \(tenant) AND profile_id = \(profile) AND revoked_at IS NULL
            ORDER BY last_used_at DESC, id DESC
            LIMIT \(endedAtOnce)
            OFFSET \(maximumCount)
        ), gone AS (
            UPDATE core.sessions AS s
            SET revoked_at = now(), revoked_reason = 'too many logins'
            FROM surplus
            WHERE s.tenant_id = \(tenant) AND s.id = surplus.id AND s.revoked_at IS NULL
            RETURNING s.tenant_id, s.id
        )
        \(SQL.tellingOfEnds(in: "gone"))
        """
    }
}
