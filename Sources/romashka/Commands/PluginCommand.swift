import ArgumentParser
import Platform
import PluginHost
import PluginKit
import Tenancy

/// The plugins of this installation.
struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Make and check plugins, look at them, take them out of service or away.",
        discussion: Help.discussion(examples: [
            "romashka plugin new CallNotes", "romashka plugin check ./CallNotes", "romashka plugin list",
            "romashka plugin pause knowledge --reason \"a search of it is too slow\"",
            "romashka plugin resume knowledge", "romashka plugin bisect start",
            "romashka plugin uninstall knowledge --export ./knowledge-data",
        ]),
        subcommands: [
            NewPlugin.self, CheckPlugin.self, ListAll.self, ShowPlugin.self, Pause.self, Resume.self,
            BisectCommand.self, InstallPlugin.self, UninstallPlugin.self,
        ])

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "All plugins, and why some are paused.",
            discussion: Help.discussion(examples: ["romashka plugin list", "romashka plugin list --json"]))

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withPlatform { platform in
                var rows = [["PLUGIN", "VERSION", "STATE", "CRASHES", "REASON"]]
                let crashes = try await platform.pauses.crashes()
                for plugin in platform.registry.plugins {
                    let pause = platform.control.read { $0.pausedPlugins[plugin.id] }
                    let (reason, state) = (plugin.reason(pause), plugin.stateName(pause))
                    let count = crashes[plugin.id] ?? 0
                    if common.json {
                        Output.result(
                            [
                                "id": .string(plugin.id),
                                "version": plugin.manifest.map { .string($0.version) } ?? .null,
                                "state": .string(state), "crashes": .integer(Int64(count)),
                                "reason": reason.map { .string($0) } ?? .null,
                            ], "", asJSON: true)
                    }
                    rows.append([plugin.id, plugin.manifest?.version ?? "?", state, "\(count)", reason ?? ""])
                }
                if !common.json { Output.result(.null, Output.table(rows), asJSON: false) }
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a plugin out of service for all tenants, on every process within a second.",
            discussion: Help.discussion(
                "Its routes answer 503 plugin_paused; its data stays.",
                examples: ["romashka plugin pause knowledge --reason \"a search of it is too slow\""]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The module's name.")
        var id: String
        @Option(help: "Why; operators see it.")
        var reason: String

        func validate() throws {
            guard (1...500).contains(reason.unicodeScalars.count) else {
                throw ValidationError("--reason takes 1 to 500 characters")
            }
        }

        func run() async throws {
            try await common.withPlugin(id) { platform in
                try await platform.pauses.pause(id, reason: reason, operatorID: nil)
                Output.result(["id": .string(id), "state": "paused"], "\(id) is paused", asJSON: common.json)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a plugin back into service and forgive its crashes.",
            discussion: Help.discussion(
                "A plugin that crashed while it was loaded comes back when the server is started again.",
                examples: ["romashka plugin resume knowledge"]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The module's name.")
        var id: String

        func run() async throws {
            try await common.withPlugin(id) { platform in
                try await platform.pauses.resume(id)
                Output.result(["id": .string(id), "state": "active"], "\(id) is in service", asJSON: common.json)
            }
        }
    }
}

extension CommonOptions {
    /// Runs with the platform, if it has a plugin of this name.
    ///
    /// - Parameter mustBeInstalled: whether one that is uninstalled is refused.
    func withPlugin(_ id: String, mustBeInstalled: Bool = true, _ body: @Sendable (Platform) async throws -> Void)
        async throws
    {
        try await withPlatform { platform in
            guard let plugin = platform.registry.plugins.first(where: { $0.id == id }) else {
                throw ValidationError("there is no plugin \(id); romashka plugin list shows all")
            }
            guard !mustBeInstalled || !plugin.isUninstalled else {
                throw ConfigurationError(
                    .moduleUninstalled, "\(id) is uninstalled; romashka plugin install \(id) lets it in again")
            }
            try await body(platform)
        }
    }
}
