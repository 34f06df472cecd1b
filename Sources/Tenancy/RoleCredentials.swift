package import Cryptography
package import Postgres

/// How each role connects: the server's address, and a password derived from the master secret.
///
/// Nothing is stored: whoever has the master secret can derive every password (HKDF, RFC 5869), and nobody else.
package struct RoleCredentials: Sendable {
    private let server: ConnectionSettings
    private let master: MasterSecret
    private let statementTimeout: Duration

    /// How long a statement of a request may take unless the operator says otherwise.
    package static let defaultStatementTimeout: Duration = .milliseconds(500)

    /// - Parameter statementTimeout: how long a statement on a shared connection may take.
    package init(
        server: ConnectionSettings, master: MasterSecret, statementTimeout: Duration = defaultStatementTimeout
    ) {
        self.server = server
        self.master = master
        self.statementTimeout = statementTimeout
    }

    /// The password of a role.
    package func password(of role: String) -> String {
        Base64URL.encode(master.derive("database-role/\(role)"))
    }

    /// The connection of a role, with the settings every connection of ours has.
    package func settings(as role: String) -> ConnectionSettings {
        server.connecting(as: role, password: password(of: role))
            .named(role)
            .with(parameters: [
                "TimeZone": "UTC", "search_path": "pg_catalog", "jit": "off",
                "idle_in_transaction_session_timeout": "30s",
                "lock_timeout": "5s",
            ])
    }

    /// The connection of a role for requests that share it: no statement may keep the others waiting for long.
    ///
    /// Statements here are points and keysets, whose generic plan is the right one; left to itself, PostgreSQL takes a
    /// parameter in LIMIT or in a row comparison for a reason to plan the statement anew each time, which costs more
    /// than running it.
    package func sharedSettings(as role: String) -> ConnectionSettings {
        settings(as: role).with(parameters: [
            "statement_timeout": "\(Int(statementTimeout / .milliseconds(1)))ms",
            "plan_cache_mode": "force_generic_plan",
        ])
    }

    /// The connection of a role for one holder at a time: every statement has ten seconds.
    package func leasedSettings(as role: String) -> ConnectionSettings {
        settings(as: role).with(parameters: ["statement_timeout": "10s"])
    }
}
