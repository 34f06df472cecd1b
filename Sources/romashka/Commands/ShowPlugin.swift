import ArgumentParser
import Platform
import PluginHost
import PluginKit

/// One plugin with all that is known of it.
struct ShowPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "A plugin: who has loaded which version, what is set, what went wrong last.",
        discussion: Help.discussion(
            """
            What GET /v1/operator/plugins/{id} answers, but for what only a server knows of itself: how much it has in
            flight, and what the plugin's own check of its health says.
            """,
            examples: ["romashka plugin show knowledge", "romashka plugin show knowledge --json"]))

    @OptionGroup var common: CommonOptions
    @Argument(help: "The module's name.")
    var id: String

    func run() async throws {
        try await common.withPlatform { platform in
            guard let plugin = platform.registry.plugins.first(where: { $0.id == id }) else {
                throw CommonOptions.noPlugin(id)
            }
            let shown = try await platform.plugins.resource(of: plugin)
            // Of this process, which serves nobody.
            let apart = ["health", "work", "last_error"]
            let value = JSONValue.object((shown.members ?? []).filter { !apart.contains($0.name) })
            Output.result(value, ShowPlugin.text(value), asJSON: common.json)
        }
    }

    private static func text(_ value: JSONValue) -> String {
        let lists = ["processes", "settings", "last_errors"]
        let lines = (value.members ?? []).filter { !lists.contains($0.name) }
            .map { [$0.name, $0.value.string ?? $0.value.text] }
        let tables = lists.compactMap { name -> String? in
            guard let rows = value[name]?.array, let columns = rows.first?.members?.map(\.name) else { return nil }
            let cells = rows.map { row in columns.map { row[$0]?.string ?? row[$0]?.text ?? "" } }
            return "\n\(name.replacing("_", with: " "))\n" + Output.table([columns.map { $0.uppercased() }] + cells)
        }
        return ([Output.table(lines)] + tables).joined(separator: "\n")
    }
}
