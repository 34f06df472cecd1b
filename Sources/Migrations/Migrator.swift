package import Cryptography
package import Logging
internal import PluginKit
package import Postgres
internal import Tenancy

/// Brings the schema up to date: the kernel's files, then each module's as the module's owner, then policies and grants.
///
/// Forward only; each file in a transaction of its own; one migrator at a time. A module that fails is reported and
/// the others go on.
package struct Migrator: Sendable {
    /// What became of one schema.
    package struct Outcome: Sendable {
        /// `core` or a module.
        package let module: String
        /// The files that ran now.
        package let applied: [String]
        /// Why it stopped; nil when all is well.
        package let failure: String?
    }

    /// The key of the lock that keeps a second migrator out ("romashka" as a number).
    private static let lock: Int64 = 0x726F_6D61_7368_6B61

    private let folders: SchemaFolders
    private let bootstrap: Bootstrap
    private let logger: Logger

    package init(folders: SchemaFolders, server: ConnectionSettings, master: MasterSecret, logger: Logger) {
        self.folders = folders
        bootstrap = Bootstrap(folders: folders, server: server, master: master)
        self.logger = logger
    }

    /// Runs everything that has not run.
    ///
    /// - Throws: `MigrationError` when the kernel's schema cannot be brought up to date.
    package func run(_ admin: Lease, plans: [ModulePlan]) async throws -> [Outcome] {
        try await admin.run("SELECT pg_advisory_lock(\(Migrator.lock))", timeout: .seconds(300))
        do {
            let outcomes = try await migrate(admin, plans)
            try await admin.run("SELECT pg_advisory_unlock(\(Migrator.lock))")
            return outcomes
        } catch {
            _ = try? await admin.run("SELECT pg_advisory_unlock(\(Migrator.lock))")
            throw error
        }
    }

    private func migrate(_ admin: Lease, _ plans: [ModulePlan]) async throws -> [Outcome] {
        let ledger = try await ledger(admin)
        var outcomes = [
            try await apply(folders.migrations, of: "core", as: "\(RolePrefix.installation)owner", ledger, admin)
        ]
        try await asOwner(admin) { try await $0.run("SELECT core.protect_module('core')") }
        for plan in plans {
            let name = plan.module.description
            do {
                try await prepare(plan, admin)
                outcomes.append(try await apply(plan.folder, of: name, as: plan.module.ownerRole, ledger, admin))
                try await protect(plan, admin)
            } catch {
                logger.error("module not migrated", metadata: ["module": "\(name)", "error": "\(error)"])
                outcomes.append(Outcome(module: name, applied: [], failure: describe(error)))
            }
        }
        let list = try SQLFile.read("\(folders.policies)/kernel.sql")
        try await asOwner(admin) { try await $0.script(list) }
        try await asOwner(admin) { try await $0.run("SELECT core.ensure_partitions(3)") }
        return outcomes
    }

    private func ledger(_ admin: Lease) async throws -> Ledger {
        do {
            return try await Ledger.read { try await admin.run($0) }
        } catch let error as DatabaseError where error.sqlState == "42P01" || error.sqlState == "3F000" {
            throw MigrationError(.notBootstrapped, "this database has no kernel schema: run romashka bootstrap first")
        }
    }

    private func apply(
        _ folder: String, of module: String, as role: String, _ ledger: Ledger, _ admin: Lease
    ) async throws -> Outcome {
        let pending = try ledger.pending(try MigrationFile.list(in: folder), of: module)
        for file in pending {
            let start = ContinuousClock.now
            do {
                try await admin.transaction { lease in
                    try await lease.run(SQL(unsafeSQL: "SET LOCAL ROLE \(role)"))
                    try await lease.script(file.sql)
                    try await lease.run("RESET ROLE")
                    let milliseconds = Int(start.duration(to: .now) / .milliseconds(1))
                    try await lease.run(
                        """
                        INSERT INTO core.migrations (module, number, name, checksum, duration_ms)
                        VALUES (\(module), \(file.number)::int4, \(file.name), \(file.checksum), \(milliseconds)::int4)
                        """)
                }
            } catch let error as DatabaseError {
                throw MigrationError(.failed, "\(module): \(file.name): \(error.debugDescription)")
            }
            logger.info("migration applied", metadata: ["module": "\(module)", "file": "\(file.name)"])
        }
        return Outcome(module: module, applied: pending.map(\.name), failure: nil)
    }

    /// Roles and schema of a module, and the password of its login role.
    private func prepare(_ plan: ModulePlan, _ admin: Lease) async throws {
        try await admin.transaction { try await $0.run("SELECT bootstrap.create_module(\(plan.module.description))") }
        try await bootstrap.setPassword(of: plan.module.loginRole, admin)
    }

    /// Policies, grants, search functions and partitions, as the manifest declares them.
    private func protect(_ plan: ModulePlan, _ admin: Lease) async throws {
        let name = plan.module.description
        let rules = JSONValue.object(
            plan.tables.compactMap { table in
                table.customerColumn.map { .init(table.name, ["customer": .string($0)]) }
            })
        try await asOwner(admin) { owner in
            try await owner.run("SELECT core.declare_tables(\(name), \(rules))")
            try await owner.run("SELECT core.protect_module(\(name))")
            try await owner.run("SELECT core.ensure_partitions(3)")
        }
        for search in plan.searches {
            let table = "\(name).\(search.table)"
            try await admin.transaction {
                try await $0.run(
                    """
                    SELECT bootstrap.create_search(\(name), \(search.function), \(table)::text::regclass, \(search.column))
                    """)
            }
        }
    }

    private func asOwner(_ admin: Lease, _ body: (Lease) async throws -> Void) async throws {
        try await admin.transaction { lease in
            try await lease.run(SQL(unsafeSQL: "SET LOCAL ROLE \(RolePrefix.installation)owner"))
            try await body(lease)
        }
    }

    private func describe(_ error: any Error) -> String {
        (error as? DatabaseError)?.debugDescription ?? "\(error)"
    }
}
