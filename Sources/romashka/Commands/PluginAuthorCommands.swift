import ArgumentParser
import Foundation
import Platform
import PluginHost
import PluginKit

/// Makes a plugin to begin with.
struct NewPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a plugin to begin with: a package of its own that builds and loads.",
        discussion: Help.discussion(
            "Routes, a table, a command, settings, a slot with its script, and tests. Nothing is overwritten.",
            examples: ["romashka plugin new CallNotes", "romashka plugin new CallNotes --at ~/plugins"]))

    @OptionGroup var common: CommonOptions
    @Argument(help: "A type's name in Swift, such as CallNotes; the module is called callnotes.")
    var name: String
    @Option(name: .customLong("at"), help: "The folder in which the plugin's own is made.")
    var directory = "."

    func run() async throws {
        let installation = try common.installation
        let template = PluginTemplate(source: installation.template, pluginKit: installation.pluginKit)
        let path = URL(fileURLWithPath: try template.make(name, in: directory)).standardizedFileURL.path
        Output.result(
            ["path": .string(path)],
            """
            \(path) is made. Next:
              cd \(path) && swift build && romashka plugin check .
            """, asJSON: common.json)
    }
}

/// Looks at a plugin as the platform would.
struct CheckPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a plugin that is built: manifest against code, migrations, duplicates.",
        discussion: Help.discussion(
            "Loads the plugin's code into this process. Needs no database.",
            examples: ["romashka plugin check ./CallNotes", "romashka plugin check . --json"],
            codes: [.done, .failed, .findings("something is wrong"), .wrongUsage]))

    @OptionGroup var common: CommonOptions
    @Argument(help: "The plugin's folder.")
    var path: String

    func run() async throws {
        let folder = URL(fileURLWithPath: path).standardizedFileURL.path
        guard let plugin = PluginFolder(at: folder) else {
            throw ValidationError("\(folder) has no plugin.json")
        }
        let library = plugin.libraryPath(libraries: [])
        let findings = PluginCheck.run(plugin, reserved: Platform.reservedMounts)
        for finding in findings {
            Output.result(
                [
                    "error": .bool(finding.isError), "text": .string(finding.text),
                    "library": library.map { .string($0) } ?? .null,
                ], finding.description, asJSON: common.json)
        }
        if let library { Output.progress("the library is \(library)") }
        let errors = findings.count { $0.isError }
        Output.progress(
            errors == 0 ? "\(plugin.name) is fit to be loaded" : "\(plugin.name) would be refused: \(errors) errors")
        if errors > 0 { throw ExitCode(2) }
    }
}
