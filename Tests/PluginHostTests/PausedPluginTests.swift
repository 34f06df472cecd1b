import HTTP
import Identity
import Logging
import Platform
import PluginHost
import PluginKit
import TestKit
import Testing

/// A plugin that cannot be used says why, and the others serve.
@Suite("Paused plugins")
struct PausedPluginTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func load(
        _ folder: PluginsFolder, libraries: [String] = [], pending: [String: String] = [:]
    ) -> [String: PluginRefusal] {
        let registry = PluginRegistry.load(from: folder.path, libraries: libraries, pending: pending, logger: logger)
        var refusals: [String: PluginRefusal] = [:]
        for plugin in registry.plugins {
            if case .paused(let refusal) = plugin.state { refusals[plugin.name] = refusal }
        }
        return refusals
    }

    @Test("A folder without a manifest is no plugin, and no folder has none")
    func listing() async throws {
        try await PluginsFolder.with { folder in
            try folder.add("Beta", manifest: PluginsFolder.manifest("beta"))
            try folder.add("Alpha", manifest: "{}")
            #expect(PluginFolder.list(in: folder.path).map(\.name) == ["Alpha", "Beta"])
            #expect(PluginFolder.list(in: folder.path + "/missing").isEmpty)
        }
    }

    @Test("A missing library, one that is none, and one without a fingerprint")
    func libraries() async throws {
        try await PluginsFolder.with { folder in
            for name in ["Absent", "Text", "Plain"] {
                try folder.add(name, manifest: PluginsFolder.manifest(name.lowercased()))
            }
            try folder.addLibrary(of: "Text", Array("not a library".utf8))
            try folder.compileLibrary(of: "Plain", "int romashka_nothing(void) { return 0; }")
            let refusals = Self.load(folder)
            #expect(refusals["Absent"]?.code == .libraryMissing)
            #expect(refusals["Text"]?.code == .notLoadable)
            #expect(refusals["Plain"]?.code == .mismatch)
        }
    }

    @Test("Of two folders with one module the first by name is it, also while it cannot be used")
    func twins() async throws {
        try await PluginsFolder.with { folder in
            for name in ["Sample", "Sample.old"] {
                try folder.add(name, manifest: PluginsFolder.manifest("sample"))
                try folder.addLibrary(of: name, Array("not a library".utf8))
            }
            let refusals = Self.load(folder)
            #expect(refusals["Sample"]?.code == .notLoadable)
            let twin = try #require(refusals["Sample.old"])
            #expect(twin.code == .conflict && twin.detail.contains("found sample, which \(folder.path)/Sample is"))
        }
    }

    @Test("Another fingerprint is refused with what was expected, what was found and what helps")
    func fingerprint() async throws {
        try await PluginsFolder.with { folder in
            try folder.add("Stale", manifest: PluginsFolder.manifest("stale"))
            try folder.compileLibrary(
                of: "Stale", #"const char *romashka_plugin_fingerprint(void) { return "of-yesterday"; }"#)
            let refusal = try #require(Self.load(folder)["Stale"])
            #expect(refusal.code == .mismatch)
            for part in ["expected ", "found of-yesterday", "build the plugin again"] {
                #expect(refusal.detail.contains(part))
            }
        }
    }

    @Test("What requires something missing, itself, or each other stays out")
    func requirements() async throws {
        try await PluginsFolder.with { folder in
            try folder.add("Lost", manifest: PluginsFolder.manifest("lost", requires: ["nowhere"]))
            try folder.add("Selfish", manifest: PluginsFolder.manifest("selfish", requires: ["selfish"]))
            try folder.add("East", manifest: PluginsFolder.manifest("east", requires: ["west"]))
            try folder.add("West", manifest: PluginsFolder.manifest("west", requires: ["east"]))
            let refusals = Self.load(folder)
            for name in ["Lost", "Selfish", "East", "West"] {
                #expect(refusals[name]?.code == .requirementMissing, "\(name)")
            }
        }
    }

    @Test("A module that is not migrated waits with its reason")
    func pending() async throws {
        try await PluginsFolder.with { folder in
            try folder.add("Late", manifest: PluginsFolder.manifest("late"))
            let refusal = Self.load(folder, pending: ["late": "one migration has not run"])["Late"]
            #expect(refusal == PluginRefusal(.notMigrated, "one migration has not run"))
        }
    }

    @Test("Code that does what its manifest does not say is paused, the other plugin serves, the operator sees why")
    func undeclared() async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copy("Knowledge") { $0.replacing(#""mounts": ["/knowledge"]"#, with: #""mounts": ["/books"]"#) }
            try await TestPlatform.with(plugins: folder.path) { test in
                let tenant = try await test.tenant("acme")
                let client = TestClient(test.url)
                let list = try await client.send("GET", "/v1/operator/plugins", token: test.operatorToken)
                let knowledge = list.json["data"]?.array?.first { $0["id"] == "knowledge" }
                #expect(knowledge?["state"] == "paused")
                #expect(knowledge?["reason"]?.string?.contains("undeclared") == true)
                #expect(try await client.send("GET", "/v1/conversations", token: tenant.token).status == 200)
                #expect(try await client.send("GET", "/v1/knowledge/items", token: tenant.token).status == 404)
            }
        }
    }

    @Test(
        "A plugin that mounts what another or the kernel serves is paused, and the rest serves",
        arguments: ["/conversations", "/customers/vip", "/members", "/operator/tenants", "/auth/login", "/modules"])
    func takenMounts(mount: String) async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copy("Knowledge") {
                $0.replacing(#""mounts": ["/knowledge"]"#, with: #""mounts": ["/knowledge", "\#(mount)"]"#)
            }
            try await TestPlatform.with(plugins: folder.path) { test in
                let knowledge = test.platform.registry.plugins.first { $0.name == "Knowledge" }
                guard case .paused(let refusal) = knowledge?.state else {
                    Issue.record("it is not paused")
                    return
                }
                #expect(refusal.code == .conflict && refusal.detail.contains(mount))
                #expect(test.platform.registry.active("conversations") != nil)
            }
        }
    }

    @Test("A plugin that shows the public more than it says, or what another one shows, is paused")
    func publicMounts() async throws {
        let libraries = try Installation.find(environment: [:]).libraries
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations") {
                $0.replacing(#""mounts":"#, with: #""public": ["/help/items"], "mounts":"#)
            }
            try folder.copy("Knowledge")
            let refusal = Self.load(folder, libraries: libraries)["Knowledge"]
            #expect(refusal?.code == .conflict && refusal?.detail.contains("/help") == true, "\(refusal as Any)")
        }
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copy("Knowledge") {
                $0.replacing(#""public": ["/help"]"#, with: #""public": ["/helping"]"#)
                    .replacing(#""home": "/help""#, with: #""home": "/helping""#)
            }
            let refusal = Self.load(folder, libraries: libraries)["Knowledge"]
            #expect(refusal?.code == .undeclared && refusal?.detail.contains("/help") == true, "\(refusal as Any)")
        }
    }

    @Test("No kernel route lies outside of what plugins may not mount")
    func kernelMounts() async throws {
        try await TestPlatform.with { test in
            let mounts = Platform.reservedMounts
            for mounted in test.platform.table.routes where mounted.module == nil {
                #expect(mounts.contains { "\(mounted.route.path)/".hasPrefix("\($0)/") }, "\(mounted.path)")
            }
        }
    }
}
