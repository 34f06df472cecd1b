import Foundation
import Logging
import PluginHost
import Testing

/// A plugin that cannot be used is paused with its reason, and the rest is as it was.
@Suite("Plugin registry")
struct PluginRegistryTests {
    private static let manifest = """
        {"id": "broken", "title": "Broken", "version": "1", "pluginkit": "1", "mounts": ["/broken"],
         "permissions": [{"id": "broken.read", "title": "Read", "roles": ["admin"]}], "tables": []}
        """

    /// C sources of libraries that are no plugins of this PluginKit.
    static let libraries: [(source: String, code: PluginRefusal.Code, says: String)] = [
        ("int nothing(void) { return 0; }", .mismatch, "no fingerprint"),
        (
            "const char *romashka_plugin_fingerprint(void) { return \"romashka-plugin-abi:0 other\"; }", .mismatch,
            "expected romashka-plugin-abi:1"
        ),
    ]

    @Test(
        "A library built against something else is refused with what was expected, found and to be done",
        arguments: libraries)
    func foreignLibrariesAreRefused(library: (source: String, code: PluginRefusal.Code, says: String)) throws {
        try withPlugin(manifest: Self.manifest) { folder in
            let source = folder.appending(path: "broken.c")
            try Data(library.source.utf8).write(to: source)
            let compiler = Process()
            compiler.executableURL = URL(fileURLWithPath: "/usr/bin/cc")
            compiler.arguments = ["-shared", "-fPIC", "-o", folder.appending(path: "libBroken.so").path, source.path]
            try compiler.run()
            compiler.waitUntilExit()
            let refusal = refusal(in: folder)
            #expect(refusal?.code == library.code)
            #expect(refusal?.detail.contains(library.says) == true)
        }
    }

    @Test(
        "A plugin for another PluginKit is refused with what was expected, found and to be done",
        arguments: [
            ("2", "upgrade this installation"), ("1.1", "upgrade this installation"), (">=1.1 <2", "upgrade"),
            ("0", "take a newer version of the plugin"), (">=0.4 <1", "newer version"), ("=0.9", "newer version"),
        ])
    func otherKits(range: String, fix: String) throws {
        try withPlugin(manifest: Self.manifest(for: range)) { folder in
            let refusal = refusal(in: folder)
            #expect(refusal?.code == .mismatch)
            for part in ["expected PluginKit \(range), found 1.0; fix: ", fix] {
                #expect(refusal?.detail.contains(part) == true, "\(refusal as Any)")
            }
        }
    }

    @Test("A plugin for this PluginKit goes on to its library", arguments: ["1", "1.0", ">=1.0 <2", ">=0.9", "=1.0"])
    func thisKit(range: String) throws {
        try withPlugin(manifest: Self.manifest(for: range)) { folder in
            #expect(refusal(in: folder)?.code == .libraryMissing)
        }
    }

    private static func manifest(for range: String) -> String {
        manifest.replacing("\"pluginkit\": \"1\"", with: "\"pluginkit\": \"\(range)\"")
    }

    @Test("A file that is no library is refused")
    func otherFilesAreRefused() throws {
        try withPlugin(manifest: Self.manifest) { folder in
            try Data("no library".utf8).write(to: folder.appending(path: "libBroken.so"))
            #expect(refusal(in: folder)?.code == .notLoadable)
        }
    }

    @Test("A plugin without its library is refused")
    func missingLibrariesAreRefused() throws {
        try withPlugin(manifest: Self.manifest) { folder in
            #expect(refusal(in: folder)?.code == .libraryMissing)
        }
    }

    @Test("A plugin whose schema is not up to date is refused")
    func pendingMigrationsAreNamed() throws {
        try withPlugin(manifest: Self.manifest) { folder in
            let refusal = refusal(in: folder, pending: ["broken": "2 migrations have not run"])
            #expect(refusal?.code == .notMigrated && refusal?.detail.contains("2 migrations") == true)
        }
    }

    @Test(
        "A manifest that is wrong is refused with the place",
        arguments: [
            ("{", "a name in quotes"), ("{}", "/id"),
            (manifest.replacing("\"broken\", \"title\"", with: "\"Bad-Id\", \"title\""), "id must"),
            (manifest.replacing("\"version\": \"1\"", with: "\"version\": 1"), "/version"),
            (manifest.replacing("\"tables\": []", with: "\"tables\": [], \"surprise\": 1"), "/surprise"),
            (manifest.replacing("broken.read", with: "other.read"), "must begin with broken."),
            (
                manifest.replacing("kit\": \"1\"", with: "kit\": \"1.x\""),
                "manifest_pluginkit_invalid: plugin.json: pluginkit:"
            ),
            (manifest.replacing("\"mounts\"", with: "\"requires\": [\"absent\"], \"mounts\""), "absent"),
        ])
    func badManifestsAreRefused(manifest: String, says: String) throws {
        try withPlugin(manifest: manifest) { folder in
            #expect(refusal(in: folder)?.description.contains(says) == true)
        }
    }

    private func refusal(in folder: URL, pending: [String: String] = [:]) -> PluginRefusal? {
        let registry = PluginRegistry.load(
            from: folder.deletingLastPathComponent().path, libraries: [], pending: pending,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        guard case .paused(let refusal)? = registry.plugins.first?.state else { return nil }
        return refusal
    }

    private func withPlugin(manifest: String, _ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "plugins-\(UUID().uuidString)")
        let folder = directory.appending(path: "Broken")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data(manifest.utf8).write(to: folder.appending(path: "plugin.json"))
        try body(folder)
    }
}
