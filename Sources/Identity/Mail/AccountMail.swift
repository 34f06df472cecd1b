package import Logging
package import Mail
internal import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Tenancy

/// Sends what people wait for: new passwords and invitations. What is to be sent stands in the database until the server
/// has taken it, so nothing is lost; what was taken when this process died is sent twice.
package struct AccountMail: Service {
    /// How often it looks.
    private static let interval: Duration = .milliseconds(500)
    /// How often it counts what waits.
    private static let countInterval: Duration = .seconds(10)

    private let pipeline: PipelineConnection
    private let mailer: Mailer
    private let retry: Duration
    private let meter: MailMeter
    private let logger: Logger

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - retry: how long it waits after the first failure; twice as long after each other, an hour at most.
    package init(
        pipeline: PipelineConnection, mailer: Mailer, retry: Duration = .seconds(10), meter: MailMeter, logger: Logger
    ) {
        self.meter = meter
        self.pipeline = pipeline
        self.mailer = mailer
        self.retry = retry
        self.logger = logger
    }

    package func run() async throws {
        await untilShutdown(
            every: AccountMail.interval, failing: "what is to be mailed could not be read", level: .warning,
            logger: logger
        ) {
            if meter.isDue(every: AccountMail.countInterval) { try await count() }
            // What is not sent is due again.
            for request in try await dueRequests() { try await answer(request) }
            for invitation in try await dueInvitations() { try await send(invitation) }
        }
    }

    /// Hands a message over.
    ///
    /// - Returns: whether it is done with, taken or never to be.
    private func deliver(
        _ message: MailMessage?, _ kind: MailMeter.Kind
    ) async throws -> (isDone: Bool, isTaken: Bool) {
        guard let message else { return (true, false) }
        do {
            try await mailer.send(message)
            meter.sent(kind)
            return (true, true)
        } catch let error as MailError {
            meter.failed(kind, isDropped: error.outcome == .never)
            logger.warning("a mail was not taken", metadata: ["kind": "\(kind.rawValue)", "error": "\(error)"])
            return (error.outcome == .never, false)
        }
    }

    /// Counts what waits; a flood is many and not worth a number.
    private func count() async throws {
        let results = try await pipeline.run([
            "SELECT count(*) AS waiting FROM (SELECT FROM core.password_reset_requests LIMIT 10000) AS due",
            """
            SELECT count(*) AS waiting
            FROM (SELECT FROM core.invitations WHERE mail_due_at IS NOT NULL LIMIT 10000) AS due
            """,
        ])
        meter.waiting(.passwordReset, try results[0].first?.get("waiting") ?? 0)
        meter.waiting(.invitation, try results[1].first?.get("waiting") ?? 0)
    }

    /// The next time, after so many failures.
    private func delay(_ attempts: SQL) -> SQL {
        let seconds = Double(retry.components.seconds) + Double(retry.components.attoseconds) / 1e18
        return "LEAST(interval '1 hour', make_interval(secs => \(seconds)::float8 * power(2, LEAST(\(attempts), 20))))"
    }
}

// MARK: Passwords

extension AccountMail {
    private struct DueRequest {
        let id: ID<PasswordResetRequest>
        let email: String
        let slug: String?
    }

    /// Takes what is due; it is due again after a while, whatever becomes of this process.
    private func dueRequests() async throws -> [DueRequest] {
        // What is older waits for the scheduled maintenance, and for nothing else.
        let results = try await pipeline.run([
            """
            UPDATE core.password_reset_requests AS r
            SET attempts = r.attempts + 1, due_at = now() + \(delay("r.attempts"))
            WHERE r.id IN (
                SELECT due.id
                FROM core.password_reset_requests AS due
                WHERE due.due_at <= now() AND due.created_at >= now() - interval '1 day'
                ORDER BY due.due_at
                LIMIT 20
                FOR UPDATE SKIP LOCKED)
            RETURNING r.id, r.email, r.slug
            """
        ])
        return try results[0].rows.map {
            DueRequest(id: try $0.get("id"), email: try $0.get("email"), slug: try $0.get("slug"))
        }
    }

    /// Mails each account of an address a token of its own; nobody, when there is none.
    private func answer(_ request: DueRequest) async throws {
        let accounts = try await pipeline.run([
            """
            SELECT a.id, min(p.name) AS name, string_agg(t.name, ', ' ORDER BY t.name) AS tenants
            FROM core.profiles p
            JOIN core.tenants t ON t.id = p.tenant_id AND t.status = 'active'
            JOIN core.accounts a ON a.id = p.account_id
            WHERE p.email = \(request.email) AND p.status = 'active'
              AND (\(request.slug)::text IS NULL OR t.slug = \(request.slug))
            GROUP BY a.id
            ORDER BY a.id
            LIMIT 5
            """
        ])[0]
        for account in accounts.rows {
            let token = OneTimeToken<PasswordReset>(prefix: PasswordResets.prefix)
            _ = try await pipeline.run([
                """
                INSERT INTO core.password_resets (id, account_id, hash, expires_at)
                VALUES (\(token.id), \(try account.get("id", as: ID<Account>.self)), \(token.hash),
                        \(Timestamp.now().advanced(by: PasswordResets.lifetime)))
                """
            ])
            let message = AccountMessages(appURL: mailer.settings.appURL).reset(
                token.text, to: request.email, name: try account.get("name"), tenants: try account.get("tenants"))
            guard try await deliver(message, .passwordReset).isDone else { return }
        }
        _ = try await pipeline.run(["DELETE FROM core.password_reset_requests WHERE id = \(request.id)"])
    }
}

// MARK: Invitations

extension AccountMail {
    private struct DueInvitation {
        let tenant: TenantID
        let id: ID<Invitation>
        let email: String
        let tenantName: String
        let inviter: String?
        let expiresAt: Timestamp
    }

    /// Takes what is due, one of each tenant before a second of any: many of one are not in the others' way.
    private func dueInvitations() async throws -> [DueInvitation] {
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
            RETURNING i.tenant_id, i.id, i.email, t.name AS tenant_name, i.expires_at,
                      (SELECT p.name FROM core.profiles p WHERE p.tenant_id = i.tenant_id AND p.id = i.invited_by) AS inviter
            """
        ])[0].rows.map { row in
            DueInvitation(
                tenant: try row.get("tenant_id"), id: try row.get("id"), email: try row.get("email"),
                tenantName: try row.get("tenant_name"), inviter: try row.get("inviter"),
                expiresAt: try row.get("expires_at"))
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
    private func send(_ invitation: DueInvitation) async throws {
        let token = OneTimeToken(prefix: Invitations.prefix, id: invitation.id)
        let changed = try await pipeline.run([
            """
            UPDATE core.invitations
            SET hash = \(token.hash)
            WHERE tenant_id = \(invitation.tenant) AND id = \(invitation.id)
              AND accepted_at IS NULL AND revoked_at IS NULL
            """
        ])[0]
        guard changed.affected == 1 else { return }
        let message = AccountMessages(appURL: mailer.settings.appURL).invitation(
            token.text, to: invitation.email, tenant: invitation.tenantName, inviter: invitation.inviter,
            expiresAt: invitation.expiresAt)
        let (isDone, isTaken) = try await deliver(message, .invitation)
        guard isDone else { return }
        _ = try await pipeline.run([
            """
            UPDATE core.invitations
            SET mail_due_at = NULL, mailed_at = CASE WHEN \(isTaken) THEN now() END
            WHERE tenant_id = \(invitation.tenant) AND id = \(invitation.id)
            """
        ])
    }
}
