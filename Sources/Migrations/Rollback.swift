package import Logging
internal import PluginKit
package import Postgres
internal import Tenancy

/// Takes the newest migrations of a module back by their down files, newest first, each in a transaction of its own
/// together with its line in the ledger; then generates policies and grants for what is left.
///
/// It runs under the migrator's lock. A file that fails stays as it was, and so do those older than it.
package struct Rollback: Sendable {
    /// What is to be undone.
    package struct Target: Sendable {
        /// `core` or a module; nil is the one whose migration ran last.
        package let module: String?
        /// The number of the last file that stays, 0 for none; nil undoes the newest file.
        package let number: Int?
        /// Whether somebody vouches that no process serves, where the server does not say.
        package let isConfirmed: Bool

        package init(module: String? = nil, number: Int? = nil, isConfirmed: Bool = false) {
            self.module = module
            self.number = number
            self.isConfirmed = isConfirmed
        }
    }

    /// How far it is.
    package enum Progress: Sendable {
        /// A file is about to be undone, the nth of so many.
        case undoing(module: String, file: String, ordinal: Int, count: Int)
        /// It is undone.
        case undone(module: String, file: String, milliseconds: Int)
    }

    private let folders: SchemaFolders
    private let owners: ModuleOwners
    private let protection: SchemaProtection

    package init(folders: SchemaFolders, server: ConnectionSettings, reactor: Reactor, logger: Logger) {
        self.folders = folders
        owners = ModuleOwners(server: server, reactor: reactor, logger: logger)
        protection = SchemaProtection(folders: folders)
    }

    /// Undoes what `target` says.
    ///
    /// - Parameter report: is told before and after each file.
    /// - Returns: the module it was about; nil when nothing ever ran.
    /// - Throws: `MigrationError`, before anything was changed unless its code is `migration_failed`, or `foreign_code`
    ///   where what is left of the module is refused.
    package func run(
        _ admin: Lease, plans: [ModulePlan], _ target: Target, report: (Progress) -> Void
    ) async throws -> String? {
        try await MigrationLock.hold(admin) {
            let ledger = try await Ledger.read(admin)
            guard let module = target.module ?? ledger.newestModule else { return nil }
            // What it declares must not come back by the way.
            guard try await !ModuleVerdict.uninstalled({ try await admin.run($0) }).contains(module) else {
                throw MigrationError(.unknownModule, "the module \(module) is uninstalled: install it first")
            }
            let plan = plans.first { $0.module.description == module }
            guard module == "core" || plan != nil else {
                throw MigrationError(.unknownModule, "there is no module \(module) in the folder of plugins")
            }
            let files = try MigrationFile.list(in: plan?.folder ?? folders.migrations)
            let undone = try RollbackPlan.make(module, files: files, ledger: ledger, downTo: target.number)
            guard !undone.files.isEmpty else { return module }
            try await ServingProcesses.requireNone(admin, isConfirmed: target.isConfirmed)
            if let plan {
                try await undo(undone, plan, admin, report)
            } else {
                try await undoKernel(undone, admin, report)
            }
            return module
        }
    }

    private func undoKernel(_ undone: RollbackPlan, _ admin: Lease, _ report: (Progress) -> Void) async throws {
        try await each(undone, report) { file, sql in
            try await admin.asKernelOwner { owner in
                // What is changed on the way back is changed in the rows of all tenants.
                try await owner.run("SELECT core.unforce_module('core')")
                try await owner.script(sql)
                try await owner.run(
                    "DELETE FROM core.migrations WHERE module = 'core' AND number = \(file.number)::int4")
                try await owner.run("SELECT core.protect_module('core')")
            }
        }
        try await protection.protectKernel(admin)
    }

    private func undo(
        _ undone: RollbackPlan, _ plan: ModulePlan, _ admin: Lease, _ report: (Progress) -> Void
    ) async throws {
        let name = undone.module
        try await admin.transaction {
            try await $0.run("SELECT bootstrap.create_module(\(name))")
            try await $0.run("SELECT bootstrap.drop_searches(\(name))")
        }
        do {
            try await owners.useUnforced(plan.module, admin) { owner in
                try await each(undone, report) { file, sql in
                    try await owner.transaction { transaction in
                        try await transaction.script(sql)
                        try await transaction.run("SELECT core.forget_migration(\(name), \(file.number)::int4)")
                    }
                }
            }
        } catch {
            try await protection.protectRemains(of: plan, admin)
            throw error
        }
        try await protection.protectRemains(of: plan, admin)
    }

    private func each(
        _ undone: RollbackPlan, _ report: (Progress) -> Void, _ body: (MigrationFile, String) async throws -> Void
    ) async throws {
        let module = undone.module
        for (index, file) in undone.files.enumerated() {
            guard let sql = file.rollback else { continue }
            report(.undoing(module: module, file: file.name, ordinal: index + 1, count: undone.files.count))
            let start = ContinuousClock.now
            do {
                try await body(file, sql)
            } catch let error as DatabaseError {
                throw MigrationError(.failed, "\(module): undoing \(file.name): \(error.debugDescription)")
            }
            report(.undone(module: module, file: file.name, milliseconds: start.milliseconds))
        }
    }
}
