import Foundation
import Platform

/// A folder of plugins made for one test, removed afterwards.
struct PluginsFolder: Sendable {
    /// Where it is.
    let path: String

    /// Makes an empty folder for the time of `body`.
    static func with<Value: Sendable>(_ body: (PluginsFolder) async throws -> Value) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("plugins-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(PluginsFolder(path: path))
    }

    /// Adds a plugin with this manifest.
    func add(_ name: String, manifest: String) throws {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)/plugin.json"))
    }

    /// Adds the project's plugin of this name, with its manifest after `edit` and its migrations.
    func copy(_ name: String, edit: (String) -> String = { $0 }) throws {
        let source = "\(try Installation.find(environment: [:]).plugins)/\(name)"
        let manifest = try String(contentsOfFile: "\(source)/plugin.json", encoding: .utf8)
        try add(name, manifest: edit(manifest))
        try FileManager.default.copyItem(atPath: "\(source)/migrations", toPath: "\(path)/\(name)/migrations")
    }

    /// Adds the tests' plugin that means harm: it takes the name, the schema and the role of the knowledge module.
    func copyHostile() throws {
        let plugins = try Installation.find(environment: [:]).plugins
        let manifest = "\(plugins)/../Tests/Plugins/Hostile/plugin.json"
        try add("Hostile", manifest: try String(contentsOfFile: manifest, encoding: .utf8))
        try FileManager.default.copyItem(
            atPath: "\(plugins)/Knowledge/migrations", toPath: "\(path)/Hostile/migrations")
    }

    /// Puts bytes where the library of a plugin is looked for first.
    func addLibrary(of name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)/lib\(name).so"))
    }

    /// Compiles C into the library of a plugin.
    func compileLibrary(of name: String, _ source: String) throws {
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
    static func manifest(
        _ id: String, requires: [String] = [], mounts: [String]? = nil, permissions: String = "[]"
    ) -> String {
        let paths = mounts ?? ["/\(id)"]
        return """
            {"id": "\(id)", "title": "T", "version": "1", "pluginkit": "1", "requires": \(requires),
             "mounts": \(paths), "permissions": \(permissions), "tables": []}
            """
    }
}
