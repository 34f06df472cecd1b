import ArgumentParser
import Maintenance
import Platform
@_spi(Kernel) import PluginKit

/// What is done to the installation by the clock.
struct MaintenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "What is done to the installation by the clock: clean-up and backups.",
        discussion: Help.discussion(
            """
            How long things are kept is said by the settings retention.events_days (90),
            retention.finished_jobs_days (7) and retention.dead_jobs_days (365).
            """,
            examples: [
                "romashka maintenance list", "romashka maintenance run backup     as soon as `up` sees it",
                "romashka maintenance runs --limit 5",
            ]),
        subcommands: [ListAll.self, Run.self, Runs.self])

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The tasks, when they are due, and how they went last.",
            discussion: Help.discussion(examples: ["romashka maintenance list --json"]))

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withPlatform { platform in
                let tasks = try await platform.maintenance.tasks()
                common.print(
                    tasks.values,
                    ["name", "next_at", "is_running", "is_attended", "last_started_at", "last_outcome"])
            }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a task due now; a running server begins it within seconds.",
            discussion: Help.discussion(
                "Fails when no process does the task.", examples: ["romashka maintenance run maintenance"]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "maintenance or backup.")
        var task: String

        func validate() throws {
            guard MaintenanceTask(rawValue: task) != nil else {
                throw ValidationError("\(task) is none of maintenance and backup")
            }
        }

        func run() async throws {
            guard let task = MaintenanceTask(rawValue: task) else { return }
            try await common.withPlatform { platform in
                guard try await platform.maintenance.isAttended(task) else {
                    throw ConfigurationError(.taskUnattended, Run.unattended(task))
                }
                let value = try await platform.maintenance.request(task).value
                Output.result(value, "\(task.rawValue) is due now", asJSON: common.json)
            }
        }

        /// What helps when nobody does a task.
        private static func unattended(_ task: MaintenanceTask) -> String {
            switch task {
            case .maintenance:
                "no process does the maintenance just now: start `romashka up` or `romashka serve`"
            case .backup:
                """
                no process makes backups just now: `romashka up` does, of the server it runs itself, unless \
                --keep-backups is 0. Back a server of your own (DATABASE_URL) up by its own means, such as \
                pg_basebackup with archived WAL, then the files, and the master secret apart from both
                """
            }
        }
    }

    struct Runs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How the tasks went, newest first.",
            discussion: Help.discussion(examples: ["romashka maintenance runs --limit 5"]))

        @OptionGroup var common: CommonOptions
        @Option(help: "How many at most, 1 to 100.")
        var limit = 25

        func validate() throws {
            guard (1...100).contains(limit) else { throw ValidationError("--limit takes 1 to 100") }
        }

        func run() async throws {
            try await common.withPlatform { platform in
                let runs = try await platform.maintenance.runs(PageRequest(limit: limit, after: []))
                common.print(runs.values, ["task", "started_at", "outcome", "detail", "error"])
            }
        }
    }
}
