import Files
import Foundation
import Migrations
import Platform
import PluginHost
import PluginKit
import Tenancy
import TestKit

extension MigrationGround {
    func uninstall(
        _ module: String, _ manner: PluginUninstall.Manner, isConfirmed: Bool = false, _ files: FileSettings
    ) async throws -> PluginUninstall.Report {
        try await setup { try await $0.uninstall(module, manner, isConfirmed: isConfirmed, files: files) }
    }

    func install() async throws -> [Migrator.Outcome] {
        try await setup { try await $0.install(MigrationGround.zanzibar) }
    }

    /// What a process finds of the modules at its start.
    func status() async throws -> SchemaStatus {
        let databases = try Databases(
            server: database.settings, master: TestPlatform.master, logger: database.server.logger)
        defer { databases.close() }
        return try await SchemaStatus.read(
            try installation.folders, plans, pipeline: databases.pipeline(of: .auth))
    }

    /// The contents that the files' directory holds: `<SHA-256>-<object>`.
    func storedFiles() throws -> [String] {
        let found = FileManager.default.enumerator(atPath: "\(home)/files")?.allObjects as? [String] ?? []
        return found.filter { $0.split(separator: "/").last?.utf8.count == 101 }.map { "\(home)/files/\($0)" }
    }

    /// The lines of a file as JSON.
    func lines(_ file: String) throws -> [JSONValue] {
        try String(contentsOfFile: "\(home)/\(file)", encoding: .utf8).split(separator: "\n").map {
            try JSONParser.parse(Array($0.utf8))
        }
    }
}
