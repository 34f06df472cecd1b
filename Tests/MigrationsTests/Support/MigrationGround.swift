import Cryptography
import Foundation
import Migrations
import Platform
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// An empty database and a copy of the installation's files, which a test may change.
///
/// Each suite has a server of its own, because roles belong to a server, and runs its tests one after the other.
struct MigrationGround: Sendable {
    let database: TestDatabase
    /// The folder with `migrations`, `policies` and `Plugins`.
    let home: String

    /// Makes the ground, runs `body`, and removes it.
    ///
    /// - Parameters:
    ///   - server: the suite's own.
    ///   - plugins: folders of the project's plugins to copy.
    static func with<Value: Sendable>(
        on server: TestServer, plugins: [String] = [], _ body: (MigrationGround) async throws -> Value
    ) async throws -> Value {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("home-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(home)/Plugins", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let source = try Installation.find(environment: [:])
        try FileManager.default.copyItem(atPath: source.folders.migrations, toPath: "\(home)/migrations")
        try FileManager.default.copyItem(atPath: source.folders.policies, toPath: "\(home)/policies")
        for plugin in plugins {
            try FileManager.default.createDirectory(
                atPath: "\(home)/Plugins/\(plugin)", withIntermediateDirectories: true)
            for part in ["plugin.json", "migrations"] {
                try FileManager.default.copyItem(
                    atPath: "\(source.plugins)/\(plugin)/\(part)", toPath: "\(home)/Plugins/\(plugin)/\(part)")
            }
        }
        return try await TestDatabase.with(on: server) { database in
            try await body(MigrationGround(database: database, home: home))
        }
    }

    /// The files, as the platform finds them.
    var installation: Installation {
        get throws { try Installation.find(environment: ["ROMASHKA_HOME": home]) }
    }

    /// The kernel's migrations, oldest first.
    var kernelFiles: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: "\(home)/migrations")
                .filter { $0.hasSuffix(".sql") && !$0.hasSuffix(".down.sql") }
                .sorted()
        }
    }

    /// What the ledger says of the kernel's first so many migrations.
    static func coreEntries(_ count: Int) -> [String] { (0..<count).map { "core \($0 + 1)" } }

    /// What the migrator knows of the plugins in the folder.
    var plans: [ModulePlan] { PluginFolders(in: "\(home)/Plugins").plans }

    /// Runs `body` with what prepares the database.
    func setup<Value: Sendable>(
        master: MasterSecret = TestPlatform.master, _ body: (DatabaseSetup) async throws -> Value
    ) async throws -> Value {
        let setup = try DatabaseSetup(
            admin: database.settings, server: database.settings, master: master, installation: installation,
            logger: database.server.logger)
        defer { setup.close() }
        return try await body(setup)
    }

    /// Prepares the database and runs every migration.
    @discardableResult
    func bootstrapAndMigrate() async throws -> [Migrator.Outcome] {
        try await setup { setup in
            _ = try await setup.bootstrap()
            return try await setup.migrate()
        }
    }

    /// Runs every migration that has not run.
    func migrate() async throws -> [Migrator.Outcome] { try await setup { try await $0.migrate() } }

    /// Adds a module with these migrations, numbered in their order.
    func addModule(_ id: String, migrations: [String]) throws {
        let folder = "\(home)/Plugins/\(id)/migrations"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let manifest = """
            {"id": "\(id)", "title": "T", "version": "1", "pluginkit": "1", "requires": [], "mounts": ["/\(id)"],
             "permissions": [], "tables": [{"name": "things"}]}
            """
        try write("Plugins/\(id)/plugin.json", manifest)
        for (index, sql) in migrations.enumerated() {
            try write("Plugins/\(id)/migrations/000\(index + 1)_step.sql", sql)
        }
    }

    /// Writes a file, replacing what was there.
    func write(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(home)/\(path)"))
    }

    /// Moves a file; nil removes it.
    func move(_ path: String, to other: String?) throws {
        if let other {
            try FileManager.default.moveItem(atPath: "\(home)/\(path)", toPath: "\(home)/\(other)")
        } else {
            try FileManager.default.removeItem(atPath: "\(home)/\(path)")
        }
    }

    /// What the database holds, for comparison.
    func catalogue() async throws -> [String] { try await database.asSuperuser { try await Catalogue.read($0) } }

    /// Fails the test when the database does not hold what it held.
    func expectUnchanged(since before: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let changes = Catalogue.differences(before, try await catalogue())
        #expect(changes == [], "\(changes.prefix(5))", sourceLocation: sourceLocation)
    }

    /// The first column of the rows, as text.
    func column(_ statement: SQL) async throws -> [String] {
        try await database.asSuperuser { try await $0.run(statement).rows.map { try $0.get("value") } }
    }

    /// What ran, as `module number`.
    func ledger() async throws -> [String] {
        try await column("SELECT module || ' ' || number AS value FROM core.migrations ORDER BY module, number")
    }

    /// A table as every module's has to be, but for the module's name.
    static func things(in module: String) -> String {
        "CREATE TABLE \(module).things (tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));"
    }
}
