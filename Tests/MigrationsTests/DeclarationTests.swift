import Foundation
import Identity
import Migrations
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// What a plugin declares beside what others do, on a real database.
@Suite("Declarations", .serialized)
struct DeclarationTests {
    static let server = Task { try await TestServer.start() }

    @Test("P4: A plugin that comes first takes no event of the inbox, and the inbox serves")
    func earlyBird() async throws {
        try await MigrationGround.with(on: Self.server.value, plugins: ["Conversations"]) { ground in
            try ground.addModule("aardvark", migrations: [MigrationGround.things(in: "aardvark")])
            try ground.write(
                "Plugins/aardvark/plugin.json",
                """
                {"id": "aardvark", "title": "T", "version": "1", "pluginkit": "1", "mounts": ["/aardvark"],
                 "permissions": [], "tables": [{"name": "things"}],
                 "events": [{"type": "message.created", "title": "T", "sample": {}}]}
                """)
            let outcomes = try await ground.bootstrapAndMigrate()
            #expect(outcomes.map(\.module) == ["core", "conversations"])
            #expect(outcomes.compactMap(\.failure) == [])
            let folder = try #require(PluginFolder(at: "\(ground.home)/Plugins/aardvark"))
            let error = #expect(throws: ManifestError.self) { try folder.manifest.get() }
            for part in ["message.created", "the module conversations", "call it aardvark.message.created"] {
                #expect(error?.detail.contains(part) == true, "\(error as Any)")
            }
        }
    }

    @Test("An event that another module has already is refused with its owner, and the tables stay guarded")
    func takenEvent() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try await ground.bootstrapAndMigrate()
            try await ground.database.asSuperuser {
                try await $0.run(
                    "INSERT INTO core.event_types (type, module, version) VALUES ('zanzibar.counted', 'older', 1)")
            }
            try ground.addZanzibar()
            let failure = try #require(try await ground.migrate().first { $0.module == "zanzibar" }?.failure)
            for part in ["name_taken", "zanzibar.counted", "declared by older", "fix: "] {
                #expect(failure.contains(part), "\(failure)")
            }
            let open: SQL = """
                SELECT c.relname::text AS value
                FROM pg_class AS c
                WHERE c.relnamespace = 'zanzibar'::regnamespace AND c.relkind IN ('r', 'p')
                  AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
                """
            #expect(try await ground.column(open) == [])
            try await ground.database.asSuperuser {
                try await $0.run("DELETE FROM core.event_types WHERE module = 'older'")
            }
            #expect(try await ground.migrate().compactMap(\.failure) == [])
        }
    }

    @Test("Of two folders with one module the first by name is it, and the other is named and left alone")
    func twins() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha")])
            let path = "\(ground.home)/Plugins/alpha"
            try FileManager.default.copyItem(atPath: path, toPath: "\(path).old")
            let manifest = try String(contentsOfFile: "\(path)/plugin.json", encoding: .utf8)
            try ground.write(
                "Plugins/alpha.old/plugin.json",
                manifest.replacing(#"{"name": "things"}"#, with: #"{"name": "things", "customer": "id"}"#))
            try ground.write("Plugins/alpha.old/migrations/0002_step.sql", "DROP TABLE alpha.things;")
            let outcomes = try await ground.bootstrapAndMigrate()
            #expect(outcomes.filter { $0.failure == nil }.map(\.module) == ["core", "alpha"])
            let twin = try #require(outcomes.last)
            #expect(outcomes.count == 3 && twin.module.hasSuffix("/Plugins/alpha.old"))
            for part in ["conflict: ", "/Plugins/alpha.old, found alpha", "/Plugins/alpha is", "fix: move one"] {
                #expect(twin.failure?.contains(part) == true, "\(twin)")
            }
            #expect(try await ground.ledger().filter { $0.hasPrefix("alpha") } == ["alpha 1"])
            let rules: SQL = "SELECT table_name AS value FROM core.table_rules WHERE module = 'alpha'"
            #expect(try await ground.column(rules) == [])
            #expect(try await ground.status().modules["alpha"] == nil)
        }
    }

    @Test("Whatever the kernel's permissions and events begin with is kept from modules")
    func kernelNames() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try await ground.bootstrapAndMigrate()
            let events = try await ground.column(
                "SELECT DISTINCT split_part(type, '.', 1) AS value FROM core.event_types WHERE module = 'core'")
            let permissions = Permissions([]).known.compactMap { $0.split(separator: ".").first.map { String($0) } }
            #expect(events.count > 10 && permissions.count > 10)
            #expect(Set(events + permissions).subtracting(PlatformNames.kernel) == [])
        }
    }
}
