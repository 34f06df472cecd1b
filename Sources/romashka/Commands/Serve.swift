import ArgumentParser
import HTTP
import Identity
import Platform
import PluginKit
import Supervision

/// The server alone, on a database that is prepared.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API from a migrated database; creates nothing.",
        discussion: Help.discussion(
            "SIGTERM and SIGINT end it in order: requests in flight are answered first.",
            examples: [
                """
                DATABASE_URL=postgresql://db.internal/romashka ROMASHKA_MASTER_SECRET=… \\
                romashka serve --host 0.0.0.0
                """,
                "romashka serve --port 0 --json",
            ],
            codes: [.init(number: 0, meaning: "ended by a signal"), .failed, .wrongUsage, .recycle]))

    @OptionGroup var common: CommonOptions
    @OptionGroup var serving: ServingOptions

    @Flag(
        help: ArgumentHelp("Stand by until the parent says so, on the sockets that it has opened.", visibility: .hidden)
    )
    var standby = false

    func run() async throws {
        DescriptorLimit.raise()
        let turn = standby ? Turn() : nil
        Lifeline.hold(turn)
        // Before anything is begun that would have to be stopped.
        let sockets = try standby ? serving.inheritedSockets : serving.sockets()
        let asJSON = common.json
        try await common.withDatabase { access in
            // A server of several beside one database must not keep files for itself.
            let keepsFiles = common.environment["DATABASE_URL"] == nil
            var settings = try serving.settings(access, common, keepsFiles: keepsFiles)
            settings.keyDerivation = KeyProcesses(DeriveKeys.arguments).derive
            let platform = try await Platform.start(settings, logger: common.logger)
            try await serving.run(platform, access, common, on: sockets, from: turn) { port in
                if turn != nil { StandbyWord.serving.say() }
                let url = serving.url(port: port)
                Output.result(["url": .string(url)], "Romashka listens on \(url)", asJSON: asJSON)
            }
        }
    }
}
