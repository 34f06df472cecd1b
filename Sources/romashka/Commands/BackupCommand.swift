import ArgumentParser
import EmbeddedPostgres
import PluginKit

/// The backups of the embedded server.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Backups of the embedded server: look at them, go back to one.",
        discussion: Help.discussion(
            """
            `romashka up` makes one a day, checks it by starting a server on a copy of it, and keeps seven. Each holds
            the database, and the files and the master secret where they are in the data directory; `list` and
            `restore` say what is not inside (--files-dir, a bucket, ROMASHKA_MASTER_SECRET) and where it has to come
            from. Copy them to another machine, and keep them as safe as the data itself. Ask for one now by
            `romashka maintenance run backup`.
            """,
            examples: [
                "romashka backup list", "romashka backup restore 20261121T031500Z --to ./restored",
                "romashka up --data-dir ./restored",
            ]),
        subcommands: [ListAll.self, Restore.self])

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The backups, newest first.",
            discussion: Help.discussion(examples: ["romashka backup list --data-dir ./data"]))

        @OptionGroup var common: CommonOptions

        func run() throws {
            let backups = BackupStore(of: common.dataDirectory).list()
            let rows = backups.map { backup -> JSONValue in
                let names = backup.without.map(\.rawValue)
                let without: JSONValue =
                    common.json ? .array(names.map { .string($0) }) : .string(names.joined(separator: ", "))
                return [
                    "name": .string(backup.name), "bytes": .integer(backup.bytes),
                    "version": .string(backup.version), "checked": .string(backup.checked),
                    "copy_seconds": .number(backup.copySeconds), "check_seconds": .number(backup.checkSeconds),
                    "without": without, "advice": .array(backup.without.map { .string($0.advice) }),
                ]
            }
            common.print(rows, ["name", "bytes", "version", "checked", "without"])
            guard !common.json else { return }
            for part in Backup.Part.allCases where backups.contains(where: { $0.without.contains(part) }) {
                Output.progress("\(part.rawValue): \(part.advice)")
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a data directory from a backup.",
            discussion: Help.discussion(
                "Nothing is overwritten: start the platform on the new directory, then remove the old one.",
                examples: ["romashka backup restore 20261121T031500Z --data-dir ./data --to ./restored"]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The backup's name, as `romashka backup list` shows it.")
        var name: String
        @Option(help: "A directory that is empty or not there.")
        var to: String

        func run() async throws {
            let backup = try await BackupStore(of: common.dataDirectory).restore(name, to: to)
            let lines = ["restored; start it by: romashka up --data-dir \(to)"] + backup.without.map(\.advice)
            Output.result(
                [
                    "restored": .string(name), "data_dir": .string(to),
                    "without": .array(backup.without.map { .string($0.rawValue) }),
                    "advice": .array(backup.without.map { .string($0.advice) }),
                ],
                lines.joined(separator: "\n"), asJSON: common.json)
        }
    }
}
