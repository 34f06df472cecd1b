internal import PluginKit
package import Postgres
internal import Tenancy

/// Whether the database is as the files say; read by every process at its start, changed by none.
package struct SchemaStatus: Sendable {
    /// Why the kernel cannot be used; nil when it can.
    package let kernel: String?
    /// Why modules cannot be used, by module.
    package let modules: [String: String]
    /// The modules that an operator took out for good, of which nothing is expected.
    package let uninstalled: Set<String>

    /// Compares files and ledger.
    ///
    /// - Parameter pipeline: of a role that may read the ledger.
    package static func read(
        _ folders: SchemaFolders, _ plans: [ModulePlan], pipeline: PipelineConnection
    ) async throws -> SchemaStatus {
        let ledger: Ledger
        do {
            ledger = try await Ledger.read { try await pipeline.run([$0], isReplayable: true)[0] }
        } catch let error as DatabaseError where error.saysNotPrepared {
            return SchemaStatus(
                kernel: "the database is not prepared: run romashka bootstrap, then migrate", modules: [:],
                uninstalled: [])
        }
        let kernel = reason(folders.migrations, of: "core", ledger)
        guard kernel == nil else { return SchemaStatus(kernel: kernel, modules: [:], uninstalled: []) }
        var modules = try await ModuleVerdict.read(pipeline)
        let uninstalled = try await ModuleVerdict.uninstalled { try await pipeline.run([$0], isReplayable: true)[0] }
        for plan in plans where !uninstalled.contains(plan.module.description) {
            let name = plan.module.description
            modules[name] = reason(plan.folder, of: name, ledger) ?? modules[name]
        }
        return SchemaStatus(kernel: nil, modules: modules, uninstalled: uninstalled)
    }

    private static func reason(_ folder: String, of module: String, _ ledger: Ledger) -> String? {
        do throws(MigrationError) {
            let pending = try ledger.pending(try MigrationFile.list(in: folder), of: module)
            guard let first = pending.first else { return nil }
            return "\(pending.count) migrations have not run, the first is \(first.name): run romashka migrate"
        } catch {
            return error.description
        }
    }
}

extension DatabaseError {
    /// Whether the ledger, or the right to read it, is not there; a database that is slow or away is another matter.
    fileprivate var saysNotPrepared: Bool {
        ["42P01", "3F000", "42501"].contains(sqlState)
    }
}
