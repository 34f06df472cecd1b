import ArgumentParser
import Migrations
import Platform
import PluginKit

/// Brings the schema up to date.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run every migration that has not run, the kernel's first, then each plugin's.",
        discussion: Help.discussion(
            "A plugin that fails is reported and paused; the others go on. One migrator runs at a time.",
            examples: ["romashka migrate --data-dir ./data", "romashka migrate --json"],
            codes: [.done, .init(number: 1, meaning: "failed, or a plugin is paused"), .wrongUsage]))

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let hasFailed = try await common.withDatabase { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            let outcomes = try await setup.migrate()
            for outcome in outcomes {
                let json: JSONValue = [
                    "module": .string(outcome.module), "applied": .array(outcome.applied.map { .string($0) }),
                    "failure": outcome.failure.map { .string($0) } ?? .null,
                ]
                let text =
                    outcome.failure
                    ?? (outcome.applied.isEmpty ? "up to date" : outcome.applied.joined(separator: ", "))
                Output.result(json, "\(outcome.module): \(text)", asJSON: common.json)
            }
            return outcomes.contains { $0.failure != nil }
        }
        if hasFailed { throw ExitCode.failure }
    }
}
