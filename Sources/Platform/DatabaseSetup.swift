package import Cryptography
package import Files
package import Logging
package import Migrations
package import PluginHost
internal import PluginKit
package import Postgres

/// Prepares databases: what `bootstrap`, `migrate` and `verify-schema` do.
package struct DatabaseSetup: Sendable {
    private let admin: ConnectionSettings
    private let server: ConnectionSettings
    private let master: MasterSecret
    private let installation: Installation
    private let reactor: Reactor
    private let logger: Logger

    /// - Parameters:
    ///   - admin: a superuser's connection to the database.
    ///   - server: the database as the platform's roles reach it.
    package init(
        admin: ConnectionSettings, server: ConnectionSettings, master: MasterSecret, installation: Installation,
        logger: Logger
    ) throws(DatabaseError) {
        self.admin = admin
        self.server = server
        self.master = master
        self.installation = installation
        self.logger = logger
        reactor = try Reactor()
    }

    /// Ends the thread that served the connections.
    package func close() { reactor.stop() }

    /// Creates the database if it is not there.
    package func createDatabase(_ name: String) async throws {
        try await use(admin.connecting(toDatabase: "postgres")) { lease in
            let known = try await lease.run("SELECT 1::int8 AS one FROM pg_catalog.pg_database WHERE datname = \(name)")
            guard known.isEmpty else { return }
            guard name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }) else {
                throw ConfigurationError(
                    .databaseNameInvalid, "a database's name is made of lower-case letters, digits and underscores")
            }
            try await lease.run("\(unsafeSQL: "CREATE DATABASE \(name)")")
        }
    }

    /// Creates roles, walls and the session's key.
    package func bootstrap(mode: Bootstrap.SessionMode? = nil) async throws -> Bootstrap.SessionMode {
        let bootstrap = Bootstrap(folders: installation.folders, server: server, master: master)
        return try await withClusterLock { try await use(admin) { try await bootstrap.run($0, mode: mode) } }
    }

    /// Runs every migration that has not run.
    ///
    /// - Returns: what became of every schema, and of every folder of plugins that is left out, by its path.
    package func migrate() async throws -> [Migrator.Outcome] {
        let folders = PluginFolders(in: installation.plugins)
        let migrator = Migrator(
            folders: installation.folders, server: server, master: master, reactor: reactor, logger: logger)
        let outcomes = try await withClusterLock {
            try await use(admin) { try await migrator.run($0, plans: folders.plans) }
        }
        return outcomes
            + folders.twins.map {
                Migrator.Outcome(module: $0.folder.path, applied: [], failure: "conflict: \($0.detail)")
            }
    }

    /// Takes migrations back; see `Rollback`.
    ///
    /// - Returns: the module it was about; nil when nothing ever ran.
    package func rollback(_ target: Rollback.Target, report: (Rollback.Progress) -> Void) async throws -> String? {
        let plans = PluginFolders(in: installation.plugins).plans
        let rollback = Rollback(folders: installation.folders, server: server, reactor: reactor, logger: logger)
        return try await withClusterLock {
            try await use(admin) { try await rollback.run($0, plans: plans, target, report: report) }
        }
    }

    /// Takes a module out for good; see `PluginUninstall`.
    ///
    /// - Parameter files: where the platform keeps files.
    package func uninstall(
        _ module: String, _ manner: PluginUninstall.Manner, isConfirmed: Bool, files: FileSettings
    ) async throws -> PluginUninstall.Report {
        let uninstall = uninstalling(files)
        return try await withClusterLock {
            try await use(admin) { try await uninstall.run(module, manner, isConfirmed: isConfirmed, $0) }
        }
    }

    /// Lets a module in again that is out, and prepares it.
    ///
    /// - Returns: what became of every schema.
    package func install(_ module: String) async throws -> [Migrator.Outcome] {
        let uninstall = uninstalling(FileSettings())
        try await use(admin) { admin in
            try await MasterCheck.require(master, admin)
            try await uninstall.readmit(module, admin)
        }
        return try await migrate()
    }

    private func uninstalling(_ files: FileSettings) -> PluginUninstall {
        PluginUninstall(
            plugins: installation.plugins, files: files,
            owners: ModuleOwners(server: server, reactor: reactor, logger: logger), logger: logger)
    }

    /// Changes the key that sessions of the database are signed with; see `SessionKeyRotation`.
    ///
    /// - Returns: the number of the new key.
    package func rotateSessionKey(
        isEmergency: Bool = false, delay: Duration = SessionKeyRotation.delay,
        overlap: Duration = SessionKeyRotation.overlap
    ) async throws -> Int {
        try await use(admin) { admin in
            try await MasterCheck.require(master, admin)
            return try await SessionKeyRotation(master: master).run(
                admin, isEmergency: isEmergency, delay: delay, overlap: overlap)
        }
    }

    /// Checks every rule of the schema.
    package func verifySchema() async throws -> [SchemaLints.Offence] {
        let lints = try SchemaLints(installation.folders)
        return try await use(admin) { try await lints.run($0) }
    }

    /// What the server itself leaves open, whatever is done here; nil when nothing is known.
    package func serverHoles() async throws -> String? {
        ServerVersion.holes(in: try await use(admin) { try await $0.serverVersion() })
    }

    /// What is still open to a module's role although it should not be.
    package func gaps() async throws -> [(object: String, detail: String)] {
        try await use(admin) { lease in
            let result = try await lease.run("SELECT object, detail FROM core.bootstrap_gaps() ORDER BY object, detail")
            return try result.rows.map { (try $0.get("object"), try $0.get("detail")) }
        }
    }

    /// Roles belong to the whole cluster and advisory locks to one database, so whoever changes roles holds a lock in
    /// the one database every cluster has.
    private func withClusterLock<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await use(admin.connecting(toDatabase: "postgres")) { lease in
            try await lease.run("SELECT pg_advisory_lock(\(DatabaseSetup.clusterLock))", timeout: .seconds(600))
            return try await body()
        }
    }

    private static let clusterLock: Int64 = 7_267_620_142

    /// Runs `body` on a superuser's connection.
    package func use<Value: Sendable>(
        _ settings: ConnectionSettings? = nil, _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        try await AdminConnection.use(settings ?? admin, reactor: reactor, logger: logger, body)
    }
}
