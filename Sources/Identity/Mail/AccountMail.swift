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
    /// For how long a mail is its sender's: longer than its messages may take. After that it is due again, for whoever
    /// had it must be gone.
    static let turn: SQL = "interval '3 minutes'"
    /// How often it counts what waits.
    private static let countInterval: Duration = .seconds(10)

    let pipeline: PipelineConnection
    let mailer: Mailer
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
    func deliver(
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

    /// How long to wait after so many failures.
    func delay(_ attempts: SQL) -> SQL {
        let seconds = Double(retry.components.seconds) + Double(retry.components.attoseconds) / 1e18
        return "LEAST(interval '1 hour', make_interval(secs => \(seconds)::float8 * power(2, LEAST(\(attempts), 20))))"
    }
}

extension AccountMail {
    private struct DueRequest {
        let id: ID<PasswordResetRequest>
        let email: String
        let slug: String?
        let attempt: Int
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
            RETURNING r.id, r.email, r.slug, r.attempts
            """
        ])
        return try results[0].rows.map {
            DueRequest(
                id: try $0.get("id"), email: try $0.get("email"), slug: try $0.get("slug"),
                attempt: try $0.get("attempts"))
        }
    }

    /// Mails each account of an address a token of its own; nobody, when there is none.
    private func answer(_ request: DueRequest) async throws {
        let results = try await pipeline.run([
            // Those before it may have taken so long that another process has it by now.
            """
            UPDATE core.password_reset_requests
            SET due_at = now() + \(AccountMail.turn)
            WHERE id = \(request.id) AND attempts = \(request.attempt)
            """,
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
            """,
        ])
        guard results[0].affected == 1 else { return }
        for account in results[1].rows {
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
            guard try await deliver(message, .passwordReset).isDone else {
                _ = try await pipeline.run([
                    """
                    UPDATE core.password_reset_requests
                    SET due_at = now() + \(delay("attempts - 1"))
                    WHERE id = \(request.id) AND attempts = \(request.attempt)
                    """
                ])
                return
            }
        }
        _ = try await pipeline.run([
            """
            DELETE FROM core.password_reset_requests
            WHERE id = \(request.id) AND attempts = \(request.attempt)
            """
        ])
    }
}
