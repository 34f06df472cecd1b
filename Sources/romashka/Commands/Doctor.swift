import ArgumentParser
import Migrations
import Platform
import PluginHost
import PluginKit
import Tenancy

/// Looks at everything that can be wrong with an installation.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with this installation and how to mend it.",
        discussion: Help.discussion(
            "Looks at what PUBLIC may do, at every rule of the schema, and at paused plugins.",
            examples: ["romashka doctor", "romashka doctor --json"],
            codes: [.done, .failed, .findings("something was found"), .wrongUsage]))

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let findings = try await common.withDatabase { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            var findings: [(subject: String, detail: String)] = []
            for gap in try await setup.gaps() { findings.append((gap.object, gap.detail)) }
            for offence in try await setup.verifySchema() {
                findings.append((offence.object, "\(offence.rule): \(offence.detail)"))
            }
            findings += try await pluginFindings(access)
            return findings
        }
        for finding in findings {
            Output.result(
                ["subject": .string(finding.subject), "detail": .string(finding.detail)],
                "\(finding.subject): \(finding.detail)", asJSON: common.json)
        }
        guard findings.isEmpty else { throw ExitCode(2) }
        Output.progress("nothing is wrong")
    }

    private func pluginFindings(_ access: DatabaseAccess) async throws -> [(subject: String, detail: String)] {
        do {
            let platform = try await Platform.start(access.settings, logger: common.logger)
            defer { platform.databases.close() }
            return platform.registry.plugins.compactMap { plugin in
                guard case .paused(let refusal) = plugin.state else { return nil }
                return (plugin.name, refusal.description)
            }
        } catch let error as ConfigurationError {
            return [("schema", error.description)]
        }
    }
}
