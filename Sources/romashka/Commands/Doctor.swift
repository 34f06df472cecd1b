import ArgumentParser
import Maintenance
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
            "Looks at what PUBLIC may do, every rule of the schema, paused plugins, and how the database is.",
            examples: ["romashka doctor", "romashka doctor --json"],
            codes: [.done, .failed, .findings("something was found"), .wrongUsage]))

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let (findings, advice) = try await common.withDatabase { access in
            let setup = try access.setup(common.logger)
            defer { setup.close() }
            var findings: [(subject: String, detail: String)] = []
            for gap in try await setup.gaps() { findings.append((gap.object, gap.detail)) }
            for offence in try await setup.verifySchema() {
                findings.append((offence.object, "\(offence.rule): \(offence.detail)"))
            }
            findings += try await platformFindings(access)
            return (findings, try await setup.serverHoles())
        }
        for finding in findings {
            Output.result(
                ["subject": .string(finding.subject), "detail": .string(finding.detail)],
                "\(finding.subject): \(finding.detail)", asJSON: common.json)
        }
        // The embedded server is newer when its package is; no command mends that, so it is no finding.
        if let advice { Output.progress("server: \(advice)") }
        guard findings.isEmpty else { throw ExitCode(2) }
        Output.progress("nothing is wrong")
    }

    private func platformFindings(_ access: DatabaseAccess) async throws -> [(subject: String, detail: String)] {
        do {
            let platform = try await Platform.start(access.commandSettings, logger: common.logger)
            defer { platform.databases.close() }
            let paused = platform.registry.plugins.compactMap { plugin -> (subject: String, detail: String)? in
                guard case .paused(let refusal) = plugin.state else { return nil }
                return (plugin.name, refusal.description)
            }
            return paused + (try await platform.health.read()).findings.map { ($0.code, $0.detail) }
        } catch let error as ConfigurationError {
            return [("schema", error.description)]
        }
    }
}
