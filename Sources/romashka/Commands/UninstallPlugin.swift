import ArgumentParser
import Foundation
import Migrations
import Platform
import PluginHost
import PluginKit

/// Takes a plugin out for good.
struct UninstallPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall", abstract: "Take a plugin out for good: its data stays, is exported, or is dropped.",
        discussion: Help.discussion(
            """
            Say what becomes of its data: --keep leaves its tables and files where they are; --export writes them to a
            folder and then removes them; --drop removes them. What is removed: tables, files, jobs, schedules, switches
            and settings of tenants, secrets, hooks, its permissions in roles and keys, its roles in the database.
            Events stay as long as all events do. Nothing is done while a tenant has it on, while another module
            requires it, or while a server runs; and what fails changes nothing.

            An export has a file with a JSON object a line for each table (tenant_id says whose it is), the files under
            their ids, the switches, settings and jobs not done in kernel/, and export.json with the numbers.

            Neither servers nor migrations look at it afterwards, although its folder may stay; `romashka plugin install`
            lets it in again. With --keep everything is as it was then, but that tenants have it off; else it is new.
            """,
            examples: [
                "romashka module disable knowledge --every-tenant       first",
                "romashka plugin uninstall knowledge --keep",
                "romashka plugin uninstall knowledge --export ./knowledge-data",
                "romashka plugin uninstall knowledge --drop --yes",
            ]))

    @OptionGroup var common: CommonOptions
    @OptionGroup var files: FileOptions
    @Argument(help: "The module's name.")
    var id: String
    @Flag(help: "Leave its data where it is.")
    var keep = false
    @Option(help: "A folder that is not there yet, to write its data to before it is removed.")
    var export: String?
    @Flag(help: "Remove its data for ever; needs --yes.")
    var drop = false
    @Flag(
        help: "The data may go; and no server runs, for a DATABASE_ADMIN_URL whose role may not see who is connected.")
    var yes = false

    func validate() throws { _ = try manner }

    private var manner: PluginUninstall.Manner {
        get throws {
            switch (keep, export, drop) {
            case (true, nil, false): .keep
            case (false, let folder?, false): .export(folder: folder)
            case (false, nil, true): .drop
            default: throw ValidationError("say what becomes of its data: --keep, --export FOLDER or --drop")
            }
        }
    }

    func run() async throws {
        let manner = try manner
        let settings = try files.settings(
            usual: "\(common.dataDirectory)/files", isUsed: common.environment["DATABASE_URL"] == nil,
            environment: common.environment)
        try await common.withDatabase { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            let report = try await setup.uninstall(id, manner, isConfirmed: yes, files: settings)
            Output.result(Self.json(report, manner), Self.text(report, manner), asJSON: common.json)
        }
    }

    private static func json(_ report: PluginUninstall.Report, _ manner: PluginUninstall.Manner) -> JSONValue {
        [
            "id": .string(report.module), "data": .string(word(manner)),
            "tables": .array(
                report.tables.map { ["table": .string($0.table), "rows": .integer(Int64($0.rows))] }),
            "removed": .object(
                report.removed.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) }),
            "contents": .integer(Int64(report.contents)), "folder": report.folder.map { .string($0) } ?? .null,
            "roles_kept": .bool(report.areRolesKept),
        ]
    }

    private static func text(_ report: PluginUninstall.Report, _ manner: PluginUninstall.Manner) -> String {
        let rows = report.tables.reduce(0) { $0 + $1.rows }
        var lines = [
            "\(report.module) is uninstalled; \(rows) rows in \(report.tables.count) tables "
                + (manner == .keep ? "are kept" : manner == .drop ? "are gone" : "are exported and gone here")
        ]
        if let folder = report.folder { lines.append("the export is in \(folder)") }
        if manner != .keep {
            lines.append("\(report.removed.values.reduce(0, +)) rows of the platform's own that named it are gone")
            lines.append("events that tell of it stay until retention.events_days are over")
        }
        if report.areRolesKept { lines.append("its roles stay: another database of this server uses them") }
        lines.append("romashka plugin install \(report.module) lets it in again")
        return lines.joined(separator: "\n")
    }

    private static func word(_ manner: PluginUninstall.Manner) -> String {
        switch manner {
        case .keep: "kept"
        case .export: "exported"
        case .drop: "dropped"
        }
    }
}

/// Lets a plugin in again that was uninstalled.
struct InstallPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Let a plugin in again that was uninstalled, and run its migrations.",
        discussion: Help.discussion(
            """
            Its folder must be among the plugins. Servers load it at their next start. A plugin that was never
            uninstalled needs nothing but its folder and `romashka migrate`.
            """,
            examples: ["romashka plugin install knowledge"],
            codes: [.done, .init(number: 1, meaning: "failed, or its migrations did"), .wrongUsage]))

    @OptionGroup var common: CommonOptions
    @Argument(help: "The module's name.")
    var id: String

    func run() async throws {
        let failure = try await common.withDatabase { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            let outcome = try await setup.install(id).first { $0.module == id }
            let applied = outcome?.applied ?? []
            Output.result(
                [
                    "id": .string(id), "applied": .array(applied.map { .string($0) }),
                    "failure": outcome?.failure.map { .string($0) } ?? .null,
                ],
                outcome?.failure ?? "\(id) is installed; servers load it at their next start", asJSON: common.json)
            return outcome?.failure
        }
        if failure != nil { throw ExitCode.failure }
    }
}
