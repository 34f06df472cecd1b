import ArgumentParser
import Cryptography
import EmbeddedPostgres
import Foundation
import Logging
import Observability
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy

/// Options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: """
            The directory of the embedded PostgreSQL, its backups, the master secret and files. With DATABASE_URL it \
            holds what `up` keeps of files, uploads on their way to a bucket, and notes of crashes.
            """)
    var dataDirectory = ".romashka"

    @Option(name: .customLong("plugins"), help: "The folder whose folders are the plugins.")
    var plugins: String?

    @Flag(help: "Print JSON, one document a line.")
    var json = false

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String = "info"

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel) is no level")
        }
        _ = try statementTimeout
        _ = try pluginLoadTimeout
    }

    /// Log lines go to standard error as JSON.
    var logger: Logger {
        var logger = Logger(label: "romashka") {
            JSONLogHandler(label: $0, metadataProvider: RequestScope.metadataProvider)
        }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        return logger
    }

    var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// How long a statement of a request may take, of ROMASHKA_STATEMENT_TIMEOUT in milliseconds.
    ///
    /// - Throws: `ValidationError` when it is nothing that requests can go by, who give up after five seconds.
    var statementTimeout: Duration {
        get throws {
            let given = try number("ROMASHKA_STATEMENT_TIMEOUT", 100...4_000, in: "milliseconds")
            return given.map { .milliseconds($0) } ?? RoleCredentials.defaultStatementTimeout
        }
    }

    /// How long a plugin's code may take to be loaded, of ROMASHKA_PLUGIN_LOAD_TIMEOUT in seconds.
    ///
    /// - Throws: `ValidationError` when it is nothing that a start, which has a minute, can go by.
    var pluginLoadTimeout: Duration {
        get throws {
            let given = try number("ROMASHKA_PLUGIN_LOAD_TIMEOUT", 1...50, in: "seconds")
            return given.map { .seconds($0) } ?? PluginWall.Limits().loading
        }
    }

    /// A number of the environment; nil where none is given.
    private func number(_ name: String, _ range: ClosedRange<Int>, in unit: String) throws -> Int? {
        guard let text = environment[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound), in \(unit)")
        }
        return number
    }

    var installation: Installation {
        get throws { try Installation.find(environment: environment, plugins: plugins) }
    }
}

/// A database that a command may use, and what must be stopped afterwards.
struct DatabaseAccess: Sendable {
    /// The database as the platform's roles reach it.
    let server: ConnectionSettings
    /// A superuser's connection; nil when only DATABASE_URL was given.
    let admin: ConnectionSettings?
    let master: MasterSecret
    /// The embedded server, when this process runs it.
    let embedded: EmbeddedServer?
    let installation: Installation
    /// How long a statement of a request may take.
    let statementTimeout: Duration
    /// How long a plugin's code may take to be loaded.
    let pluginLoadTimeout: Duration

    /// The embedded database's name.
    static let databaseName = "romashka"

    /// The database of the environment, else the embedded one of the data directory, started if it is not running.
    ///
    /// - Parameter mayCreate: whether data is made where there is none.
    /// - Throws: `ConfigurationError` where there is none and none is made.
    static func open(_ options: CommonOptions, mayCreate: Bool = false) async throws -> DatabaseAccess {
        if let url = options.environment["DATABASE_URL"] { return try external(url, options) }
        guard mayCreate || EmbeddedServer.hasData(in: options.dataDirectory) else {
            throw ConfigurationError(
                .schemaNotReady,
                "there is no data in \(FileSystem.absolute(options.dataDirectory)); --data-dir says where")
        }
        do {
            return try await started(options)
        } catch let error as EmbeddedPostgresError where error.code == .directoryInUse {
            guard let conninfo = try EmbeddedServer.runningConninfo(in: options.dataDirectory, database: databaseName)
            else { throw error }
            let settings = try ConnectionSettings(url: conninfo)
            return DatabaseAccess(
                server: settings, admin: settings, master: try master(options), embedded: nil,
                installation: try options.installation, statementTimeout: try options.statementTimeout,
                pluginLoadTimeout: try options.pluginLoadTimeout)
        }
    }

    /// Starts the embedded server of the data directory, and makes its data if there is none.
    ///
    /// - Throws: `EmbeddedPostgresError` with code `directory_in_use` when another process runs it.
    static func started(_ options: CommonOptions) async throws -> DatabaseAccess {
        let found = try await EmbeddedInstallation.find(options)
        // First the secret, then the data: data without its secret would be of no use.
        try FileSystem.makeDirectories(FileSystem.absolute(options.dataDirectory))
        let master = try master(options)
        let server = try await EmbeddedServer.start(
            .init(installation: found, mode: .persistent(directory: options.dataDirectory)), logger: options.logger)
        let settings = try ConnectionSettings(url: server.socketConninfo(database: databaseName))
        return DatabaseAccess(
            server: settings, admin: settings, master: master, embedded: server,
            installation: try options.installation, statementTimeout: try options.statementTimeout,
            pluginLoadTimeout: try options.pluginLoadTimeout)
    }

    private static func external(_ url: String, _ options: CommonOptions) throws -> DatabaseAccess {
        let admin = try options.environment["DATABASE_ADMIN_URL"].map { try ConnectionSettings(url: $0) }
        return DatabaseAccess(
            server: try ConnectionSettings(url: url), admin: admin,
            master: try MasterSecret.load(environment: options.environment, directory: nil), embedded: nil,
            installation: try options.installation, statementTimeout: try options.statementTimeout,
            pluginLoadTimeout: try options.pluginLoadTimeout)
    }

    private static func master(_ options: CommonOptions) throws -> MasterSecret {
        try MasterSecret.load(environment: options.environment, directory: options.dataDirectory)
    }

    /// What every command works with that looks at or changes the schema as a superuser.
    ///
    /// - Throws: `ConfigurationError` when DATABASE_ADMIN_URL is missing.
    func setup(_ logger: Logger) throws -> DatabaseSetup {
        guard let admin else {
            throw ConfigurationError(
                .adminURLMissing, "DATABASE_ADMIN_URL is missing: a superuser's connection to the same database")
        }
        return try DatabaseSetup(
            admin: admin, server: server, master: master, installation: installation, logger: logger)
    }

    /// What `serve` runs with.
    var settings: PlatformSettings {
        var settings = PlatformSettings(server: server, master: master, installation: installation)
        settings.statementTimeout = statementTimeout
        settings.pluginLimits.loading = pluginLoadTimeout
        return settings
    }

    /// What a command runs with that ends by itself: nobody else's statements wait behind its own.
    var commandSettings: PlatformSettings {
        var settings = settings
        settings.statementTimeout = .seconds(4)
        return settings
    }

    /// Stops what was started.
    func close() async {
        await embedded?.stop()
    }
}

extension CommonOptions {
    /// Opens the database for the time of `body`; what cannot be done is said in words.
    ///
    /// - Parameter mayCreate: whether data is made where there is none.
    /// - Throws: `Refusal` in the place of a `Problem`.
    func withDatabase<Value: Sendable>(
        mayCreate: Bool = false, _ body: (DatabaseAccess) async throws -> Value
    ) async throws -> Value {
        let access = try await DatabaseAccess.open(self, mayCreate: mayCreate)
        do {
            let value = try await body(access)
            await access.close()
            return value
        } catch {
            await access.close()
            guard let problem = error as? Problem else { throw error }
            throw Refusal(problem: problem)
        }
    }

    /// Starts a platform without a server for the time of `body`.
    ///
    /// - Parameter hasPlugins: whether it loads the plugins, of which one that traps takes this process along.
    func withPlatform<Value: Sendable>(
        hasPlugins: Bool = true, _ body: (Platform) async throws -> Value
    ) async throws -> Value {
        try await withDatabase { access in
            var settings = access.commandSettings
            if !hasPlugins { settings.installation = settings.installation.withoutPlugins }
            let platform = try await Platform.start(settings, logger: quietLogger)
            defer { platform.databases.close() }
            return try await body(platform)
        }
    }

    /// The platform as it can be described without a database, of the plugins that this installation has.
    var described: Platform {
        get throws { try Platform.described(installation, logger: quietLogger) }
    }

    /// For commands whose output is for people: warnings and errors only.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

/// A problem as a command tells it.
private struct Refusal: Error, CustomStringConvertible {
    let problem: Problem

    var description: String {
        let faults = problem.errors.map { "; \($0.pointer) \($0.detail)" }.joined()
        return "\(problem.code): \(problem.detail)\(faults)"
    }
}
