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
            abstract: "End a plugin's pause and forgive its crashes.",
            discussion: Help.discussion(
                """
                Processes that have loaded it serve it within a second. One that crashed while it was loaded comes
                back with the next start of each process. What else keeps a plugin out, such as a migration that has
                not run, stays: `romashka plugin list` tells.
                """,
                examples: ["romashka plugin resume knowledge"]))

        @OptionGroup var common: CommonOptions
        @Argument(help: "The module's name.")
        var id: String

        func run() async throws {
            try await common.withPlugin(id) { platform in
                let code = try await platform.pauses.resume(id)
                Output.result(
                    [
                        "id": .string(id), "state": "resumed", "was": code.map { .string($0) } ?? .null,
                        "needs_start": .bool(code == "crashes_at_load"),
                    ], text(code), asJSON: common.json)
            }
        }

        /// What was done. Whether it serves is for each process to say: here its code is not even loaded.
        ///
        /// - Parameter code: why it was paused.
        private func text(_ code: String?) -> String {
            switch code {
            case nil: "\(id) was not paused; its crashes are forgiven"
            case "crashes_at_load"?: "\(id) is no longer paused; it comes back with the next start of each process"
            default: "\(id) is no longer paused; romashka plugin list tells whether anything else keeps it out"
            }
        }
    }
}

extension CommonOptions {
    /// Runs with the platform, if there is a plugin of this name that is not out for good. None is loaded: this one may
    /// be what ends processes.
    func withPlugin(_ id: String, _ body: @Sendable (Platform) async throws -> Void) async throws {
        guard PluginFolder.list(in: try installation.plugins).contains(where: { $0.id == id }) else {
            throw CommonOptions.noPlugin(id)
        }
        try await withPlatform(hasPlugins: false) { platform in
            guard !platform.uninstalledModules.contains(id) else {
                throw ConfigurationError(
                    .moduleUninstalled, "\(id) is uninstalled; romashka plugin install \(id) lets it in again")
            }
            try await body(platform)
        }
    }

    /// No folder has a plugin of this name.
    static func noPlugin(_ id: String) -> ValidationError {
        ValidationError("there is no plugin \(id); romashka plugin list shows all")
    }
}
