import ArgumentParser
import Observability
import Platform

/// The command line: one file per command in `Commands`.
@main
struct Romashka: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "romashka",
        abstract: "A multi-tenant customer-support platform on PostgreSQL.",
        discussion: Help.discussion(
            """
            Without DATABASE_URL, commands use the embedded PostgreSQL of --data-dir, running or not. Only up and bootstrap
            make one where there is none.
            With it, DATABASE_URL names host and database, and ROMASHKA_MASTER_SECRET (64 hexadecimal digits) the
            secret all keys are derived from. DATABASE_ADMIN_URL is a superuser's connection to the same database for
            bootstrap, migrate, rollback, verify-schema, doctor, up, keys rotate --sessions, plugin install and plugin
            uninstall; serve and work need none.
            """,
            examples: [
                "romashka up --port 8080                       everything, with a database of its own",
                "romashka tenant create acme \"Acme Ltd\" --admin-email ada@acme.example",
                "romashka token operator --name deploy         a token for /v1/operator",
                "romashka module disable knowledge --tenant acme",
                "romashka openapi > openapi.json               the document of the API",
            ],
            codes: [
                .done, .failed,
                .findings("verify-schema, doctor or plugin check found something, or health something critical"),
                .wrongUsage, .recycle,
            ]),
        version: BuildInfo.version,
        subcommands: [
            Up.self, Serve.self, Work.self, BootstrapCommand.self, Migrate.self, RollbackCommand.self,
            VerifySchema.self,
            Doctor.self, TenantCommand.self, MemberCommand.self, KeysCommand.self, TokenCommand.self,
            ModuleCommand.self, PluginCommand.self, JobsCommand.self, HealthCommand.self, MaintenanceCommand.self,
            BackupCommand.self, RoutesCommand.self, OpenAPICommand.self, ImportDemo.self, DeriveKeys.self,
        ])
}
