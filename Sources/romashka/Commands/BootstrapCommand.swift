import ArgumentParser
import Migrations
import Platform
import PluginKit

/// Roles, walls and keys, as a superuser.
struct BootstrapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap",
        abstract: "Prepare a database once, as a superuser: roles, walls, the session's key.",
        discussion: Help.discussion(
            "Idempotent. A database that was made with another master secret is refused.",
            examples: [
                """
                DATABASE_ADMIN_URL=postgresql://postgres@db.internal/romashka \\
                DATABASE_URL=postgresql://db.internal/romashka ROMASHKA_MASTER_SECRET=… romashka bootstrap
                """,
                "romashka bootstrap --session-mode mac",
            ]))

    @OptionGroup var common: CommonOptions
    @Option(help: "How the database keeps a session: privileged or mac; the best the server allows when left out.")
    var sessionMode: String?

    func validate() throws {
        guard sessionMode.map({ Bootstrap.SessionMode(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--session-mode is privileged or mac")
        }
    }

    func run() async throws {
        try await common.withDatabase(mayCreate: true) { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            if access.embedded != nil { try await setup.createDatabase(DatabaseAccess.databaseName) }
            let mode = try await setup.bootstrap(mode: sessionMode.flatMap(Bootstrap.SessionMode.init))
            Output.result(
                ["session_mode": .string(mode.rawValue)], "prepared; the session mode is \(mode.rawValue)",
                asJSON: common.json)
        }
    }
}
