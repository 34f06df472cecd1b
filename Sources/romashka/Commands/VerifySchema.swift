import ArgumentParser
import Migrations
import Platform
import PluginKit

/// Checks every rule of the schema.
struct VerifySchema: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-schema",
        abstract: "Check that every table, policy, key and function is as tenant isolation needs it.",
        discussion: Help.discussion(
            "The rules are the SQL files in policies/lints, and what each one says is its first line.",
            examples: ["romashka verify-schema", "romashka verify-schema --json"],
            codes: [.done, .failed, .findings("a rule is broken"), .wrongUsage]))

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let count = try await common.withDatabase { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            let offences = try await setup.verifySchema()
            for offence in offences {
                Output.result(
                    [
                        "rule": .string(offence.rule), "object": .string(offence.object),
                        "detail": .string(offence.detail),
                    ],
                    "\(offence.rule): \(offence.object): \(offence.detail)", asJSON: common.json)
            }
            if offences.isEmpty { Output.progress("the schema keeps every rule") }
            return offences.count
        }
        if count > 0 { throw ExitCode(2) }
    }
}
