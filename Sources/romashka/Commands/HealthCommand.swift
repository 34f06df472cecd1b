import ArgumentParser
import Maintenance
import Platform
@_spi(Kernel) import PluginKit

/// How the installation is.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "How the installation is, and what somebody should look at.",
        discussion: Help.discussion(
            "Connections, slow and blocked statements, events and jobs that wait, maintenance that is overdue.",
            examples: ["romashka health", "romashka health --json"],
            codes: [.done, .failed, .findings("something is critical"), .wrongUsage]))

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let health = try await common.withPlatform { try await $0.health.read() }
        let rows = health.findings.map { [$0.severity.rawValue, $0.code, $0.detail] }
        let text = rows.isEmpty ? "nothing needs a look" : Output.table([["SEVERITY", "CODE", "DETAIL"]] + rows)
        Output.result(try health.resource().value, text, asJSON: common.json)
        guard health.status != "critical" else { throw ExitCode(2) }
    }
}
