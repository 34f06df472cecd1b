import ArgumentParser
import Migrations
import Platform
import PluginKit

/// Takes migrations back.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Undo the newest migrations by their down files; what their tables hold is lost.",
        discussion: Help.discussion(
            """
            Without options, the migration that ran last of all. The files are those of the release that ran them: roll
            back first, then install the older release. Each file is undone in a transaction of its own, the newest
            first, and policies are generated anew. Nothing is undone when a file was changed after it ran, when a down
            file is missing, or while servers are connected.
            """,
            examples: [
                "romashka rollback                               the newest migration",
                "romashka rollback --module knowledge --to 1     all of the module's above 0001",
                "romashka rollback --module knowledge --to 0     every one: the module's tables are gone",
            ],
            codes: [.done, .init(number: 1, meaning: "failed; what was undone before was named"), .wrongUsage]))

    @OptionGroup var common: CommonOptions
    @Option(help: "The module, or core for the kernel; the one whose migration ran last when left out.")
    var module: String?
    @Option(name: .customLong("to"), help: "The number of the last migration that stays, 0 for none; needs --module.")
    var number: Int?
    @Flag(help: "No server runs: for a DATABASE_ADMIN_URL whose role may not see who is connected.")
    var yes = false

    func validate() throws {
        guard number.map({ $0 >= 0 }) ?? true else { throw ValidationError("--to is 0 or more") }
        guard number == nil || module != nil else { throw ValidationError("--to needs --module") }
    }

    func run() async throws {
        let asJSON = common.json
        let target = Rollback.Target(module: module, number: number, isConfirmed: yes)
        try await common.withDatabase { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            var count = 0
            let module = try await setup.rollback(target) { progress in
                RollbackCommand.show(progress, asJSON: asJSON)
                if case .undone = progress { count += 1 }
            }
            guard count == 0 else { return }
            Output.progress("\(module ?? "this database") has nothing to undo")
        }
    }

    private static func show(_ progress: Rollback.Progress, asJSON: Bool) {
        switch progress {
        case .undoing(let module, let file, let ordinal, let count):
            Output.progress("undoing \(ordinal) of \(count): \(module) \(file)")
        case .undone(let module, let file, let milliseconds):
            Output.result(
                ["module": .string(module), "undone": .string(file), "duration_ms": .integer(Int64(milliseconds))],
                "\(module): undid \(file) in \(milliseconds) ms", asJSON: asJSON)
        }
    }
}
