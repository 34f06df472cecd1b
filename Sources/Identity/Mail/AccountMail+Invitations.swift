internal import Mail
internal import PluginKit
internal import Postgres
internal import Tenancy

/// Invitations.
extension AccountMail {
    struct DueInvitation {
        let tenant: TenantID
        let id: ID<Invitation>
        let email: String
        let tenantName: String
        let inviter: String?
        let expiresAt: Timestamp
        let attempt: Int
    }

    /// Takes what is due, one of each tenant before a second of any: many of one are not in the others' way.
    func dueInvitations() async throws -> [DueInvitation] {
        try await pipeline.run([
            """
            UPDATE core.invitations AS i
            SET mail_attempts = LEAST(i.mail_attempts + 1, 1000), mail_due_at = now() + \(delay("i.mail_attempts"))
            FROM core.tenants AS t
            WHERE t.id = i.tenant_id
              AND (i.tenant_id, i.id) IN (
                SELECT due.tenant_id, due.id
                FROM core.invitations AS due
                JOIN (\(AccountMail.turns)) AS turns ON turns.tenant_id = due.tenant_id AND turns.id = due.id
                -- again, because somebody may have been faster
                WHERE due.mail_due_at <= now()
                  AND due.accepted_at IS NULL AND due.revoked_at IS NULL AND due.expires_at > now()
                ORDER BY turns.turn, due.mail_due_at
                LIMIT 20
                FOR UPDATE OF due SKIP LOCKED)
            RETURNING i.tenant_id, i.id, i.email, i.mail_attempts, t.name AS tenant_name, i.expires_at,
                      (SELECT p.name FROM core.profiles p WHERE p.tenant_id = i.tenant_id AND p.id = i.invited_by) AS inviter
            """
        ])[0].rows.map { row in
            DueInvitation(
                tenant: try row.get("tenant_id"), id: try row.get("id"), email: try row.get("email"),
                tenantName: try row.get("tenant_name"), inviter: try row.get("inviter"),
                expiresAt: try row.get("expires_at"), attempt: try row.get("mail_attempts"))
        }
    }

    /// What is due, numbered within each tenant. What suspended tenants have waits, and nobody for it.
    private static let turns: SQL = """
        SELECT waiting.tenant_id, waiting.id,
               row_number() OVER (PARTITION BY waiting.tenant_id ORDER BY waiting.mail_due_at, waiting.id) AS turn
        FROM core.invitations AS waiting
        JOIN core.tenants AS active ON active.id = waiting.tenant_id AND active.status = 'active'
        WHERE waiting.mail_due_at <= now()
          AND waiting.accepted_at IS NULL AND waiting.revoked_at IS NULL AND waiting.expires_at > now()
        """

    /// Mails an invitation its token, which nobody has seen before and which replaces the one before it.
    func send(_ invitation: DueInvitation) async throws {
        let token = OneTimeToken(prefix: Invitations.prefix, id: invitation.id)
        let changed = try await pipeline.run([
            """
            UPDATE core.invitations
            SET hash = \(token.hash), mail_due_at = now() + \(AccountMail.turn)
            WHERE tenant_id = \(invitation.tenant) AND id = \(invitation.id)
              -- else another process has it by now
              AND mail_attempts = \(invitation.attempt) AND mail_due_at IS NOT NULL
              AND accepted_at IS NULL AND revoked_at IS NULL
            """
        ])[0]
        guard changed.affected == 1 else { return }
        let message = AccountMessages(appURL: mailer.settings.appURL).invitation(
            token.text, to: invitation.email, tenant: invitation.tenantName, inviter: invitation.inviter,
            expiresAt: invitation.expiresAt)
        let (isDone, isTaken) = try await deliver(message, .invitation)
        _ = try await pipeline.run([
            """
            UPDATE core.invitations
            SET mail_due_at = CASE WHEN NOT \(isDone) THEN now() + \(delay("mail_attempts - 1")) END,
                mailed_at = CASE WHEN \(isTaken) THEN now() END
            WHERE tenant_id = \(invitation.tenant) AND id = \(invitation.id)
              AND mail_attempts = \(invitation.attempt) AND mail_due_at IS NOT NULL
            """
        ])
    }
}
