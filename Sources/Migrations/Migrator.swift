package import Cryptography
package import Logging
internal import PluginKit
package import Postgres
internal import Tenancy

/// Brings the schema up to date: the kernel's files, then each module's in a session of the module's owner, then
/// policies and grants, then a look at every rule.
///
/// Forward only; each file in a transaction of its own; one migrator at a time. A module that fails or breaks a rule
/// is paused with its reason and the others go on.
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
    private let owners: ModuleOwners
    private let logger: Logger

    package init(
        folders: SchemaFolders, server: ConnectionSettings, master: MasterSecret, reactor: Reactor, logger: Logger
    ) {
        self.folders = folders
        self.logger = logger
        bootstrap = Bootstrap(folders: folders, server: server, master: master)
        owners = ModuleOwners(server: server, reactor: reactor, logger: logger)
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
        let kernel = try await applyKernel(ledger, admin)
        var outcomes: [Outcome] = []
        for plan in plans { outcomes.append(await migrate(plan, ledger, admin)) }
        let list = try SQLFile.read("\(folders.policies)/kernel.sql")
        try await asOwner(admin) { owner in
            try await owner.script(list)
            try await owner.run("SELECT core.ensure_partitions(3)")
        }
        return [kernel] + (try await judged(outcomes, plans, admin))
    }

    private func ledger(_ admin: Lease) async throws -> Ledger {
        do {
            return try await Ledger.read { try await admin.run($0) }
        } catch let error as DatabaseError where error.sqlState == "42P01" || error.sqlState == "3F000" {
            throw MigrationError(.notBootstrapped, "this database has no kernel schema: run romashka bootstrap first")
        }
    }

    private func applyKernel(_ ledger: Ledger, _ admin: Lease) async throws -> Outcome {
        let pending = try ledger.pending(try MigrationFile.list(in: folders.migrations), of: "core")
        for file in pending {
            try await apply(file, of: "core") { start in
                try await asOwner(admin) { owner in
                    // A back-fill and the check of a new foreign key must see the rows of all tenants.
                    try await owner.run("SELECT core.unforce_module('core')")
                    try await owner.script(file.sql)
                    try await owner.run(
                        """
                        INSERT INTO core.migrations (module, number, name, checksum, duration_ms)
                        VALUES ('core', \(file.number)::int4, \(file.name), \(file.checksum), \(start.milliseconds)::int4)
                        """)
                    try await owner.run("SELECT core.protect_module('core')")
                }
            }
        }
        return Outcome(module: "core", applied: pending.map(\.name), failure: nil)
    }

    private func migrate(_ plan: ModulePlan, _ ledger: Ledger, _ admin: Lease) async -> Outcome {
        let name = plan.module.description
        do {
            let pending = try ledger.pending(try MigrationFile.list(in: plan.folder), of: name)
            try await admin.transaction { try await $0.run("SELECT bootstrap.create_module(\(name))") }
            try await bootstrap.setPassword(of: plan.module.loginRole, admin)
            if !pending.isEmpty { try await apply(pending, plan, admin) }
            try await protect(plan, admin)
            return Outcome(module: name, applied: pending.map(\.name), failure: nil)
        } catch {
            let reason = (error as? DatabaseError)?.debugDescription ?? "\(error)"
            return Outcome(module: name, applied: [], failure: reason)
        }
    }

    /// Runs a module's files as its owner, who sees all rows of its own tables meanwhile, for back-fills.
    private func apply(_ pending: [MigrationFile], _ plan: ModulePlan, _ admin: Lease) async throws {
        let name = plan.module.description
        try await asOwner(admin) { try await $0.run("SELECT core.unforce_module(\(name))") }
        do {
            try await owners.use(plan.module, admin) { owner in
                for file in pending {
                    try await apply(file, of: name) { start in
                        try await owner.transaction { transaction in
                            try await transaction.script(file.sql)
                            try await transaction.run(
                                """
                                SELECT core.record_migration(
                                    \(name), \(file.number)::int4, \(file.name), \(file.checksum), \(start.milliseconds)::int4)
                                """)
                        }
                    }
                }
            }
        } catch {
            try await asOwner(admin) { try await $0.run("SELECT core.protect_module(\(name))") }
            throw error
        }
    }

    private func apply(
        _ file: MigrationFile, of module: String, _ body: (ContinuousClock.Instant) async throws -> Void
    ) async throws {
        do {
            try await body(.now)
        } catch let error as DatabaseError {
            throw MigrationError(.failed, "\(module): \(file.name): \(error.debugDescription)")
        }
        logger.info("migration applied", metadata: ["module": "\(module)", "file": "\(file.name)"])
    }

    /// Policies, grants, search functions and partitions, as the manifest declares them.
    private func protect(_ plan: ModulePlan, _ admin: Lease) async throws {
        let name = plan.module.description
        let rules = JSONValue.object(
            plan.tables.filter { $0.rule.members?.isEmpty == false }.map { .init($0.name, $0.rule) })
        try await asOwner(admin) { owner in
            try await owner.run("SELECT core.declare_tables(\(name), \(rules))")
            try await owner.run("SELECT core.protect_module(\(name))")
            try await owner.run("SELECT core.ensure_partitions(3)")
        }
        for search in plan.searches {
            let table = "\(name).\(search.table)"
            try await admin.transaction {
                try await $0.run(
                    "SELECT bootstrap.create_search(\(name), \(search.function), \(table)::text::regclass, \(search.column))"
                )
            }
        }
    }

    /// A module whose schema breaks a rule is not served, whatever its migrations did to get there.
    private func judged(_ outcomes: [Outcome], _ plans: [ModulePlan], _ admin: Lease) async throws -> [Outcome] {
        let offences = try await SchemaLints(folders).run(admin)
        var judged: [Outcome] = []
        for outcome in outcomes {
            let offence = offences.first { $0.object.hasPrefix("\(outcome.module).") }
            let broken = offence.map { "its schema breaks the rule \($0.rule): \($0.object): \($0.detail)" }
            let failure = outcome.failure ?? broken
            if let failure {
                logger.error("module paused", metadata: ["module": "\(outcome.module)", "reason": "\(failure)"])
            }
            try await ModuleVerdict(module: outcome.module, reason: failure).store(admin)
            judged.append(Outcome(module: outcome.module, applied: outcome.applied, failure: failure))
        }
        return judged
    }

    private func asOwner(_ admin: Lease, _ body: (Lease) async throws -> Void) async throws {
        try await admin.transaction { lease in
            try await lease.run(SQL(unsafeSQL: "SET LOCAL ROLE \(RolePrefix.installation)owner"))
            try await body(lease)
        }
    }
}

extension ContinuousClock.Instant {
    /// How long ago this was.
    fileprivate var milliseconds: Int { Int(duration(to: .now) / .milliseconds(1)) }
}
