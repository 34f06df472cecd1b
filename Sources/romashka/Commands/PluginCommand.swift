import ArgumentParser
import Platform
import PluginHost
import PluginKit
import Tenancy

/// The plugins of this installation.
struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Look at plugins.",
        discussion: Help.discussion(examples: ["romashka plugin list"]), subcommands: [ListAll.self])

    struct ListAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "All plugins, and why some are paused.",
            discussion: Help.discussion(examples: ["romashka plugin list", "romashka plugin list --json"]))

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.withPlatform { platform in
                var rows: [[String]] = []
                for plugin in platform.registry.plugins {
                    var reason = ""
                    if case .paused(let refusal) = plugin.state { reason = refusal.description }
                    let state = plugin.plugin == nil ? "paused" : "active"
                    let id = plugin.manifest?.id.description ?? plugin.name
                    if common.json {
                        Output.result(
                            [
                                "id": .string(id), "version": plugin.manifest.map { .string($0.version) } ?? .null,
                                "state": .string(state), "reason": reason.isEmpty ? .null : .string(reason),
                            ], "", asJSON: true)
                    }
                    rows.append([id, plugin.manifest?.version ?? "?", state, reason])
                }
                if !common.json {
                    Output.result(
                        .null, Output.table([["PLUGIN", "VERSION", "STATE", "REASON"]] + rows), asJSON: false)
                }
            }
        }
    }
}
