package import Files
package import Logging
package import Migrations
internal import PluginKit
package import Postgres
internal import Tenancy

/// Takes a module out of an installation for good, and says what became of its data. All or nothing: what fails changes
/// nothing.
///
/// Afterwards one line of `core.modules` says that it is out, so that neither a server nor `migrate` looks at its folder
/// until it is installed again. Events that tell of what it did stay until their time is over.
package struct PluginUninstall: Sendable {
    /// What becomes of the data.
    package enum Manner: Hashable, Sendable {
        /// It stays where it is, guarded as before.
        case keep
        /// It is written to a folder that is not there yet, and then removed.
        case export(folder: String)
        /// It is removed.
        case drop
    }

    /// What was done.
    package struct Report: Sendable {
        package let module: String
        /// The module's tables and how many rows each had.
        package fileprivate(set) var tables: [(table: String, rows: Int)] = []
        /// How many rows were removed from the kernel's tables.
        package fileprivate(set) var removed: [String: Int] = [:]
        /// How many contents of files nobody has any more.
        package fileprivate(set) var contents = 0
        /// Where the export is.
        package fileprivate(set) var folder: String?
        /// Whether another database of the server uses the module's roles, which therefore stay.
        package fileprivate(set) var areRolesKept = false
    }

    private let plugins: [PluginFolder]
    private let files: FileSettings
    private let owners: ModuleOwners
    private let logger: Logger

    /// - Parameters:
    ///   - directory: the folder of plugins.
    ///   - files: where the platform keeps files.
    package init(plugins directory: String, files: FileSettings, owners: ModuleOwners, logger: Logger) {
        plugins = PluginFolders(in: directory).modules
        self.files = files
        self.owners = owners
        self.logger = logger
    }

    /// Takes it out.
    ///
    /// - Parameter isConfirmed: whether somebody agreed to lose the data, and vouches that nobody serves where the
    ///   database's server does not say.
    /// - Throws: `UninstallError`; `MigrationError` with code `still_serving` or `confirmation_needed`.
    package func run(_ name: String, _ manner: Manner, isConfirmed: Bool, _ admin: Lease) async throws -> Report {
        guard let module = ModuleName(name), name != "core" else {
            throw UninstallError(.unknown, "\(name) is no name of a module")
        }
        return try await MigrationLock.hold(admin) {
            let checks = UninstallChecks(module: module, plugins: plugins, admin: admin)
            let standing = try await checks.standing()
            if standing.isUninstalled, manner == .keep || !standing.hasSchema {
                throw UninstallError(.uninstalled, "\(module) is uninstalled already")
            }
            try await checks.requireUnneeded(standing, isConfirmed: isConfirmed)
            switch manner {
            case .keep: return try await keep(module, admin)
            case .drop:
                if !isConfirmed { throw try await unconfirmed(module, admin) }
                return try await remove(module, to: nil, admin)
            case .export(let path): return try await export(module, to: path, admin)
            }
        }
    }

    /// Lets a module in again that is out; the next migration prepares it, and servers load it at their next start.
    ///
    /// - Throws: `UninstallError` with code `module_unknown` or `module_installed`.
    package func readmit(_ name: String, _ admin: Lease) async throws {
        guard plugins.contains(where: { (try? $0.manifest.get())?.id.description == name }) else {
            throw UninstallError(.unknown, "the folder of plugins has no module \(name): put its folder there first")
        }
        let gone = try await admin.run("DELETE FROM core.modules WHERE id = \(name) AND state = 'uninstalled'")
        guard gone.affected == 1 else {
            throw UninstallError(.installed, "\(name) is not uninstalled: romashka migrate prepares what is new")
        }
    }

    private func keep(_ module: ModuleName, _ admin: Lease) async throws -> Report {
        var report = Report(module: module.description)
        try await admin.transaction { owner in
            try await open(module, owner)
            report.tables = try await count(module, owner)
            try await ModuleTraces(module: module, owner: owner).undeclare()
            try await mark(module, owner)
            try await owner.run("SELECT core.protect_module(\(module.description))")
            try await owner.run("SELECT core.protect_module('core')")
        }
        return report
    }

    private func export(_ module: ModuleName, to path: String, _ admin: Lease) async throws -> Report {
        let folder = try ExportFolder(path)
        do {
            return try await remove(module, to: folder, admin)
        } catch {
            folder.discard()
            throw error
        }
    }

    /// Removes schema, rows, files and roles.
    ///
    /// - Parameter folder: where all of it is written before; nil writes nothing.
    private func remove(_ module: ModuleName, to folder: ExportFolder?, _ admin: Lease) async throws -> Report {
        let store = try files.open()
        let manifest = plugins.compactMap { try? $0.manifest.get() }.first { $0.id == module }
        let export = folder.map { ModuleExport(module: module, manifest: manifest, folder: $0, store: store) }
        let written = try await export?.writeTables(owners, admin)
        var report = Report(module: module.description)
        var contents: [ContentAddress] = []
        do {
            try await admin.transaction { owner in
                try await open(module, owner)
                report.tables = try await count(module, owner)
                if let export, let written {
                    try requireSame(written, report.tables)
                    try await export.writeRest(written, owner)
                }
                let traces = ModuleTraces(module: module, owner: owner)
                contents = try await traces.removeFiles()
                for (table, rows) in try await traces.remove() { report.removed[table, default: 0] += rows }
                // DDL takes no parameters; a module's name is a word, and may be one of SQL's.
                try await owner.run(
                    SQL(unsafeSQL: "DROP SCHEMA IF EXISTS \"\(module)\" CASCADE"), timeout: .seconds(600))
                try await mark(module, owner)
                try await owner.run("SELECT core.protect_module('core')")
                report.areRolesKept = try await dropRoles(of: module, owner)
                // Nothing is dropped before all of the export is where it should be.
                try folder?.finish()
            }
        } catch {
            if written != nil { try await owners.protect(module, admin) }
            throw error
        }
        report.folder = folder?.path
        report.contents = contents.count
        await sweep(contents, store)
        return report
    }

    private func count(_ module: ModuleName, _ owner: Lease) async throws -> [(table: String, rows: Int)] {
        var counted: [(table: String, rows: Int)] = []
        for table in try await ModuleTable.list(module, owner) {
            counted.append((table.name, try await table.count(owner)))
        }
        return counted
    }

    /// Refuses to drop a table whose number of rows is another than was written: nobody serves, but somebody may add or
    /// remove rows by hand. A row that was only changed is not noticed.
    private func requireSame(
        _ written: [(table: String, rows: Int)], _ counted: [(table: String, rows: Int)]
    ) throws(UninstallError) {
        let before = Dictionary(uniqueKeysWithValues: written.map { ($0.table, $0.rows) })
        for now in counted where before[now.table] != now.rows {
            throw UninstallError(
                .exportFailed,
                "\(now.table) has \(now.rows) rows, and \(before[now.table] ?? 0) were written: nobody may change it "
                    + "meanwhile")
        }
    }

    /// Becomes the kernel's owner for the rest of the transaction, and sees all rows.
    private func open(_ module: ModuleName, _ owner: Lease) async throws {
        try await owner.run(SQL(unsafeSQL: "SET LOCAL ROLE \(RolePrefix.installation)owner"))
        try await owner.run("SELECT core.unforce_module('core')")
        try await owner.run("SELECT core.unforce_module(\(module.description))")
    }

    private func mark(_ module: ModuleName, _ owner: Lease) async throws {
        try await owner.run(
            """
            INSERT INTO core.modules (id, version, title, state)
            VALUES (\(module.description), '', '', 'uninstalled')
            ON CONFLICT (id) DO UPDATE
            SET state = EXCLUDED.state, reason = NULL
            """)
    }

    /// Drops the module's roles with all they were granted here.
    ///
    /// - Returns: whether they stay because another database of the server uses them, or they may not be dropped.
    private func dropRoles(of module: ModuleName, _ admin: Lease) async throws -> Bool {
        let roles = "\(module.loginRole), \(module.ownerRole)"
        try await admin.run("RESET ROLE")
        for statement in ["DROP OWNED BY \(roles)", "DROP ROLE \(roles)"] {
            try await admin.run("SAVEPOINT roles")
            do {
                try await admin.run(SQL(unsafeSQL: statement), timeout: .seconds(600))
            } catch let error as DatabaseError where ["2BP01", "42501", "42704"].contains(error.sqlState) {
                try await admin.run("ROLLBACK TO SAVEPOINT roles")
                // They never were: the module was never migrated.
                return error.sqlState != "42704"
            }
        }
        return false
    }

    /// Removes the bytes of contents that no row knows any more; what cannot be removed goes with the daily sweep.
    private func sweep(_ contents: [ContentAddress], _ store: (any FileStore)?) async {
        for address in contents {
            do {
                try await store?.remove(address)
            } catch {
                logger.warning("a content is left to be swept", metadata: ["error": "\(error)"])
            }
        }
        await store?.close()
    }

    /// What would be lost.
    private func unconfirmed(_ module: ModuleName, _ admin: Lease) async throws -> UninstallError {
        var lines: [String] = []
        for (table, rows) in try await count(module, admin) { lines.append("\(table) (\(rows) rows)") }
        let what = lines.isEmpty ? "all that it has" : lines.joined(separator: ", ")
        return UninstallError(
            .unconfirmed, "this removes \(what) for ever; say so with --yes, or --export FOLDER first")
    }
}
