import ArgumentParser
import EmbeddedPostgres
import Foundation
import Logging
import Platform
import PluginKit
import ServiceLifecycle
import Supervision
import Synchronization

/// The processes of `romashka up`: the server and the jobs.
struct Children: Sendable {
    private let common: CommonOptions
    private let serving: ServingOptions
    private let onReady: @Sendable (String) -> Void
    private let port: Port

    /// The server's port, which stays the same once the first server has picked it.
    private final class Port: Sendable {
        private let known = Mutex(Int?.none)

        var value: Int? { known.withLock { $0 } }

        /// Returns whether it is the first time.
        func set(_ port: Int) -> Bool {
            known.withLock { known in
                defer { known = port }
                return known == nil
            }
        }
    }

    /// - Parameter onReady: told once of the server's URL.
    init(_ common: CommonOptions, _ serving: ServingOptions, onReady: @escaping @Sendable (String) -> Void) {
        self.common = common
        self.serving = serving
        self.onReady = onReady
        port = Port()
    }

    /// Runs them until a signal.
    ///
    /// - Parameter before: services that start first and stop last.
    func run(before: [any Service]) async throws {
        let options = Children.options(Array(CommandLine.arguments.dropFirst(2)))
        let files = serving.files.arguments(usual: "\(common.dataDirectory)/files")
        let server = Supervisor(
            "server", logger: common.logger, isWorthRestarting: { [port] in port.value != nil }, onLine: heard
        ) { [port] in
            ["serve"] + options + files + ["--json"] + (port.value.map { ["--port", "\($0)"] } ?? [])
        }
        let jobs = Supervisor("jobs", logger: common.logger) { ["work"] + sharedOptions }
        let configuration = ServiceGroupConfiguration(
            before + [jobs, server], within: .seconds(40), logger: common.logger)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as Supervisor.NotStarted {
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

    /// The server's one line says where it listens.
    private func heard(_ line: String) {
        guard let url = (try? JSONParser.parse(Array(line.utf8)))?["url"]?.string,
            let number = url.split(separator: ":").last.flatMap({ Int($0) })
        else { return }
        if port.set(number) { onReady(url) }
    }

    private var sharedOptions: [String] {
        ["--data-dir", common.dataDirectory, "--log-level", common.logLevel]
            + (common.plugins.map { ["--plugins", $0] } ?? [])
            + serving.network.arguments
            + serving.files.arguments(usual: "\(common.dataDirectory)/files")
    }
}
