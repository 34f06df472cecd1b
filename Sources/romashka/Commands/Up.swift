import ArgumentParser
import Cryptography
import EmbeddedPostgres
import HTTP
import Identity
import Maintenance
import Migrations
import Platform
import PluginKit
import ServiceLifecycle
import Supervision
import Tenancy
import UnixSignals

/// Everything at once: database, schema, token, server.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a whole platform: PostgreSQL, schema, server, jobs.",
        discussion: Help.discussion(
            """
            Needs no set-up: the first run creates the database in --data-dir, later runs resume it. Each run prints
            a fresh operator's token. The server and the jobs are processes of their own, started again when they end; a
            second server stands by, and takes over at once when the first ends. SIGUSR2 replaces them with fresh ones
            that load the plugins then in the folder; no request is refused meanwhile.
            With --json, one line on standard output says when it is ready: {"url", "operator_token", "database_url"},
            and "demo" with --demo; database_url is the embedded server's superuser URL, null with DATABASE_URL.
            Files are kept in --data-dir, with DATABASE_URL too, unless --files-dir or a bucket is given.
            """,
            examples: ["romashka up --port 8080 --data-dir ./data", "romashka up --port 0 --json"],
            codes: [.init(number: 0, meaning: "ended by a signal"), .failed, .wrongUsage]))

    @OptionGroup var common: CommonOptions
    @OptionGroup var serving: ServingOptions
    @Flag(help: "Also create a tenant to try things with.")
    var demo = false
    @Option(
        name: .customLong("keep-backups"),
        help: "How many daily backups of the embedded server stay, in `backups` of the data directory; 0: none is made."
    )
    var keptBackups = 7

    func validate() throws {
        guard (0...365).contains(keptBackups) else { throw ValidationError("--keep-backups takes 0 to 365") }
    }

    func run() async throws {
        // First of all: until then it would end this process, however long a recovery or a migration takes.
        let renewals = await UnixSignalsSequence(trapping: .sigusr2)
        DescriptorLimit.raise()
        // Before anything is begun that would have to be stopped; whoever connects waits from now on.
        let sockets = try serving.sockets()
        try sockets.listen()
        let access = try await openDatabase()
        do {
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            try await prepare(access, setup)
            let (token, login) = try await welcome(access)
            let asJSON = common.json
            let databaseURL = access.embedded?.url(database: DatabaseAccess.databaseName)
            let children = Children(common, serving, on: sockets, renewals: renewals) { url in
                Up.announce(url, token, databaseURL, login, asJSON: asJSON)
            }
            try await children.run(before: try keepers(access, setup))
        } catch {
            await access.close()
            throw error
        }
        await access.close()
    }

    /// What looks after the embedded server, if there is one.
    private func keepers(_ access: DatabaseAccess, _ setup: DatabaseSetup) throws -> [any Service] {
        guard let server = access.embedded else { return [] }
        guard keptBackups > 0 else { return [EmbeddedDatabase(server)] }
        let databases = try Databases(
            server: access.settings.server, master: access.settings.master, leaseBudget: 1, logger: common.logger)
        let ledger = MaintenanceLedger(pipeline: databases.pipeline(of: .worker))
        let backups = BackupKeeper(
            server, database: DatabaseAccess.databaseName, setup: setup, ledger: ledger, kept: keptBackups,
            without: keptElsewhere, logger: common.logger)
        return [EmbeddedDatabase(server), databases, backups]
    }

    /// What belongs to the installation and is outside of the data directory, so that no backup holds it.
    private var keptElsewhere: [Backup.Part] {
        var parts: [Backup.Part] = []
        if !serving.files.isKept(in: "\(common.dataDirectory)/files") { parts.append(.files) }
        if !MasterSecret.isKept(in: common.dataDirectory, environment: common.environment) {
            parts.append(.masterSecret)
        }
        return parts
    }

    private func openDatabase() async throws -> DatabaseAccess {
        if common.environment["DATABASE_URL"] != nil { return try await DatabaseAccess.open(common) }
        Output.progress("starting PostgreSQL in \(common.dataDirectory)")
        return try await DatabaseAccess.started(common)
    }

    private func prepare(_ access: DatabaseAccess, _ setup: DatabaseSetup) async throws {
        if access.embedded != nil { try await setup.createDatabase(DatabaseAccess.databaseName) }
        let mode = try await setup.bootstrap()
        let outcomes = try await setup.migrate()
        let count = outcomes.map(\.applied.count).reduce(0, +)
        Output.progress(
            "schema: \(count == 0 ? "up to date" : "\(count) migrations applied"), session mode \(mode.rawValue)")
        for outcome in outcomes {
            guard let failure = outcome.failure else { continue }
            Output.progress(
                outcome.module == "core" ? "schema: \(failure)" : "module \(outcome.module) is paused: \(failure)")
        }
    }

    /// An operator's token, and the tenant to try things with. No plugin is needed for them, and none is loaded.
    private func welcome(_ access: DatabaseAccess) async throws -> (token: String, demo: DemoTenant.Login?) {
        var settings = access.commandSettings
        settings.installation = settings.installation.withoutPlugins
        let platform = try await Platform.start(settings, logger: common.logger)
        defer { platform.databases.close() }
        let token = try await platform.identity.operators.issue(name: "up", lifetime: .seconds(30 * 86_400))
        return (token, demo ? try await DemoTenant.ensure(platform) : nil)
    }

    private static func announce(
        _ url: String, _ token: String, _ databaseURL: String?, _ login: DemoTenant.Login?, asJSON: Bool
    ) {
        var members: [JSONValue.Member] = [
            .init("url", .string(url)), .init("operator_token", .string(token)),
            .init("database_url", databaseURL.map { .string($0) } ?? .null),
        ]
        var text = """
            Romashka listens on \(url)
            operator's token: \(token)
            """
        if let login {
            members.append(
                .init(
                    "demo",
                    [
                        "tenant": .string(login.tenant), "email": .string(login.email),
                        "password": .string(login.password),
                    ]))
            text += """

                demo tenant: \(login.tenant), log in as \(login.email) with \(login.password)
                  curl -s \(url)/v1/auth/login -H 'Content-Type: application/json' \\
                    -d '{"email": "\(login.email)", "password": "\(login.password)", "tenant": "\(login.tenant)"}'
                Ctrl-C stops everything.
                """
        }
        Output.result(.object(members), text, asJSON: asJSON)
    }
}
