import Foundation
import Platform
import PluginHost
import Tenancy
import TestKit
import Testing

@Suite("Plugin template")
struct PluginTemplateTests {
    /// A name, and a folder of PluginKit.
    struct Place: Sendable, CustomTestStringConvertible {
        let name: String
        let kit: String

        var testDescription: String { "\(name) beside \(kit)" }
    }

    @Test(
        "A plugin has its own name everywhere, and the path of PluginKit as it is",
        arguments: [
            Place(name: "CallNotes", kit: "kit"), Place(name: "CallNotes", kit: "sample/Sample/samples"),
            Place(name: "Resample", kit: "Sample"), Place(name: "MySample", kit: "sample"),
        ])
    func names(place: Place) async throws {
        try await PluginsFolder.with { folder in
            let kit = "\(folder.path)/\(place.kit)"
            try Self.addPackage(at: kit)
            let template = PluginTemplate(source: try Installation.find(environment: [:]).template, pluginKit: kit)
            let made = try template.make(place.name, in: folder.path)
            let package = try String(contentsOfFile: "\(made)/Package.swift", encoding: .utf8)
            #expect(package.contains("path: \"\(kit)\"") && package.contains("name: \"\(place.name)\""))
            let manifest = try #require(PluginFolder(at: made)).manifest.get()
            #expect(manifest.id.description == place.name.lowercased() && manifest.title == place.name)
        }
    }

    @Test("A name whose module could not be migrated is refused with one that would do", arguments: ["Order", "User"])
    func reserved(name: String) async throws {
        try await PluginsFolder.with { folder in
            let installation = try Installation.find(environment: [:])
            let template = PluginTemplate(source: installation.template, pluginKit: installation.pluginKit)
            let failure = #expect(throws: PluginTemplate.Failure.self) { try template.make(name, in: folder.path) }
            #expect(failure?.description.contains("choose another, such as \(name)Desk") == true)
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/\(name)"))
        }
    }

    @Test("What is not there is named", arguments: ["Template", "Sources/PluginKit"])
    func missing(folder: String) async throws {
        try await PluginsFolder.with { home in
            let other = folder == "Template" ? "Sources/PluginKit" : "Template"
            try Self.addPackage(at: "\(home.path)/\(other)")
            let template = PluginTemplate(
                source: "\(home.path)/Template", pluginKit: "\(home.path)/Sources/PluginKit")
            let failure = #expect(throws: PluginTemplate.Failure.self) { try template.make("CallNotes", in: home.path) }
            #expect(failure?.description.contains("\(home.path)/\(folder) is missing") == true)
            #expect(!FileManager.default.fileExists(atPath: "\(home.path)/CallNotes"))
        }
    }

    private static func addPackage(at path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: "\(path)/Package.swift"))
    }
}
