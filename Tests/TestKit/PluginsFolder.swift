internal import Foundation
internal import Platform

/// A folder of plugins made for one test, removed afterwards.
package struct PluginsFolder: Sendable {
    /// Where it is.
    package let path: String

    /// Makes an empty folder for the time of `body`.
    package static func with<Value: Sendable>(_ body: (PluginsFolder) async throws -> Value) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("plugins-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(PluginsFolder(path: path))
    }

    /// Adds a plugin with this manifest.
    package func add(_ name: String, manifest: String) throws {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)/plugin.json"))
    }

    /// Adds the project's plugin of this name, with its manifest after `edit` and its migrations.
    package func copy(_ name: String, edit: (String) -> String = { $0 }) throws {
        let source = "\(try Installation.find(environment: [:]).plugins)/\(name)"
        let manifest = try String(contentsOfFile: "\(source)/plugin.json", encoding: .utf8)
        try add(name, manifest: edit(manifest))
        try FileManager.default.copyItem(atPath: "\(source)/migrations", toPath: "\(path)/\(name)/migrations")
    }

    /// Adds a plugin that only tests have, in the place of the knowledge module: with its name, schema and role.
    package func copyTestPlugin(_ name: String) throws {
        let plugins = try Installation.find(environment: [:]).plugins
        let manifest = "\(plugins)/../Tests/Plugins/\(name)/plugin.json"
        try add(name, manifest: try String(contentsOfFile: manifest, encoding: .utf8))
        try FileManager.default.copyItem(
            atPath: "\(plugins)/Knowledge/migrations", toPath: "\(path)/\(name)/migrations")
    }

    /// Adds a plugin that only tests have and that has no tables, under its own name.
    package func addTestPlugin(_ name: String) throws {
        let plugins = try Installation.find(environment: [:]).plugins
        let manifest = "\(plugins)/../Tests/Plugins/\(name)/plugin.json"
        try add(name, manifest: try String(contentsOfFile: manifest, encoding: .utf8))
    }

    /// Puts bytes where the library of a plugin is looked for first.
    package func addLibrary(of name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)/lib\(name).so"))
    }

    /// Compiles C into the library of a plugin.
    package func compileLibrary(of name: String, _ source: String) throws {
        let file = "\(path)/\(name)/library.c"
        try Data(source.utf8).write(to: URL(fileURLWithPath: file))
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["cc", "-shared", "-fPIC", "-o", "\(path)/\(name)/lib\(name).so", file]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    /// A manifest of the least that one needs.
    package static func manifest(
        _ id: String, requires: [String] = [], mounts: [String]? = nil, permissions: String = "[]"
    ) -> String {
        let paths = mounts ?? ["/\(id)"]
        return """
            {"id": "\(id)", "title": "T", "version": "1", "pluginkit": "1", "requires": \(requires),
             "mounts": \(paths), "permissions": \(permissions), "tables": []}
            """
    }
}
