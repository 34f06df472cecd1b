package import Logging
internal import PluginKit
package import Postgres
internal import ServiceLifecycle

/// Removes once an hour what has served its time: idempotency keys after a day, attempts to log in after their window,
/// logins, resets and invitations long over, and changes that every process knows.
package struct Housekeeper: Service {
    private let leases: LeasePool
    private let logger: Logger

    package init(leases: LeasePool, logger: Logger) {
        self.leases = leases
        self.logger = logger
    }

    private static let statements: [SQL] = [
        "DELETE FROM core.idempotency_keys WHERE created_at < now() - interval '1 day'",
        "DELETE FROM core.login_throttles WHERE window_ends_at < now()",
        "DELETE FROM core.password_resets WHERE expires_at < now() - interval '30 days'",
        "DELETE FROM core.invitations WHERE expires_at < now() - interval '30 days'",
        "DELETE FROM core.sessions WHERE expires_at < now() - interval '30 days'",
        "SELECT core.prune_changes()",
    ]

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await sweep()
                try await Task.sleep(for: .seconds(3600))
            }
        }
    }

    /// Removes it now.
    package func sweep() async {
        do {
            try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
                for statement in Housekeeper.statements { try await lease.run(statement, timeout: .seconds(300)) }
            }
        } catch {
            logger.error("old rows could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
