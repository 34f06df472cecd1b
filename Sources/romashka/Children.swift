import ArgumentParser
import EmbeddedPostgres
import Foundation
import HTTP
import Logging
import Platform
import PluginKit
import ServiceLifecycle
import Supervision
import Synchronization
import UnixSignals

/// The processes of `romashka up`: the server with another one that stands by, and the jobs.
final class Children: Sendable {
    private let common: CommonOptions
    private let serving: ServingOptions
    private let onReady: @Sendable (String) -> Void
    /// Held here, so that whoever connects while no server is there waits for the next one.
    private let sockets: PlatformServer.Sockets
    private let renewals: UnixSignalsSequence
    private let isReady = Mutex(false)

    /// - Parameters:
    ///   - renewals: the signals at which fresh processes take the places of these.
    ///   - onReady: told once of the server's URL.
    init(
        _ common: CommonOptions, _ serving: ServingOptions, on sockets: PlatformServer.Sockets,
        renewals: UnixSignalsSequence, onReady: @escaping @Sendable (String) -> Void
    ) {
        self.common = common
        self.serving = serving
        self.sockets = sockets
        self.renewals = renewals
        self.onReady = onReady
    }

    /// Runs them until a signal that ends them.
    ///
    /// - Parameter before: services that start first and stop last.
    func run(before: [any Service]) async throws {
        let given = Children.options(Array(CommandLine.arguments.dropFirst(2)))
        let files = serving.files.arguments(usual: "\(common.dataDirectory)/files")
        let server = StandbySupervisor(
            "server",
            arguments: ["serve"] + given + files + ["--json", "--standby", "--port", "\(sockets.api.port)"],
            inherited: sockets.descriptors, logger: common.logger, onLine: heard)
        let jobs = Supervisor("jobs", arguments: ["work"] + sharedOptions, logger: common.logger)
        let renewal = Renewal(signals: renewals, server: server, jobs: jobs, logger: common.logger)
        let configuration = ServiceGroupConfiguration(
            before + [renewal, jobs, server], within: .seconds(40), logger: common.logger)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as StandbySupervisor.NotStarted {
            // The server has said why.
            throw ExitCode(error.status)
        }
    }

    /// What was given to `up`, without what only `up` takes.
    static func options(_ given: [String]) -> [String] {
        var options: [String] = []
        var isValue = false
        for option in given {
            defer { isValue = option == "--keep-backups" }
            if isValue || ["--demo", "--json", "--keep-backups"].contains(option) { continue }
            if !option.hasPrefix("--keep-backups=") { options.append(option) }
        }
        return options
    }

    /// A server's one line says where it listens; that of the first is told.
    private func heard(_ line: String) {
        guard let url = (try? JSONParser.parse(Array(line.utf8)))?["url"]?.string else { return }
        let isFirst = isReady.withLock { isReady in
            defer { isReady = true }
            return !isReady
        }
        if isFirst { onReady(url) }
    }

    private var sharedOptions: [String] {
        ["--data-dir", common.dataDirectory, "--log-level", common.logLevel]
            + (common.plugins.map { ["--plugins", $0] } ?? [])
            + serving.network.arguments
            + serving.files.arguments(usual: "\(common.dataDirectory)/files")
    }
}
