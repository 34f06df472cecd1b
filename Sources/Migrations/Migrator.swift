package import Cryptography
package import Logging
internal import PluginKit
package import Postgres
internal import Tenancy

/// Brings the schema up to date: the kernel's files, then each module's in a session of the module's owner, then
/// policies and grants, then a look at every rule.
///
/// Forward only; each file in a transaction of its own; one migrator at a time. A module that fails or breaks a rule
/// is paused with its reason and the others go on; one that was uninstalled is left alone.
package struct Migrator: Sendable {
    /// What became of one schema.
    package struct Outcome: Sendable {
        /// `core`, a module, or the path of a folder that stands for none.
        package let module: String
        /// The files that ran now, also those before one that failed.
        package let applied: [String]
        /// Why it stopped; nil when all is well.
        package let failure: String?

        package init(module: String, applied: [String], failure: String?) {
            self.module = module
            self.applied = applied
            self.failure = failure
        }
    }

    private let folders: SchemaFolders
    private let master: MasterSecret
    private let bootstrap: Bootstrap
    private let owners: ModuleOwners
    private let protection: SchemaProtection
    private let logger: Logger

    package init(
        folders: SchemaFolders, server: ConnectionSettings, master: MasterSecret, reactor: Reactor, logger: Logger
    ) {
        self.folders = folders
        self.master = master
        self.logger = logger
        bootstrap = Bootstrap(folders: folders, server: server, master: master)
        owners = ModuleOwners(server: server, reactor: reactor, logger: logger)
        protection = SchemaProtection(folders: folders)
    }

    /// Runs everything that has not run.
    ///
    /// - Throws: `MigrationError` when the kernel's schema cannot be brought up to date; before anything is changed, with
    ///   code `master_secret_differs`, when the database was made with another secret.
    package func run(_ admin: Lease, plans: [ModulePlan]) async throws -> [Outcome] {
        try await MigrationLock.hold(admin) { try await migrate(admin, plans) }
    }

    private func migrate(_ admin: Lease, _ plans: [ModulePlan]) async throws -> [Outcome] {
        let ledger = try await Ledger.read(admin)
        // The roles of modules would get passwords that no process knows.
        try await MasterCheck.require(master, admin)
        let kernel = try await applyKernel(ledger, admin)
        let uninstalled = try await ModuleVerdict.uninstalled { try await admin.run($0) }
        let plans = plans.filter { !uninstalled.contains($0.module.description) }
        var outcomes: [Outcome] = []
        for plan in plans { outcomes.append(await migrate(plan, ledger, admin)) }
        for (index, plan) in plans.enumerated() where outcomes[index].failure == nil {
            outcomes[index] = await read(plan, after: outcomes[index], admin)
        }
        let reading = outcomes.filter { $0.failure == nil }.map(\.module)
        try await protection.endReads(except: reading, admin)
        try await protection.protectKernel(admin)
        return try await judged(kernel, outcomes, admin)
    }

    private func applyKernel(_ ledger: Ledger, _ admin: Lease) async throws -> Outcome {
        let pending = try ledger.pending(try MigrationFile.list(in: folders.migrations), of: "core")
        for file in pending {
            try await apply(file, of: "core") { start in
                try await admin.asKernelOwner { owner in
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
        var applied: [String] = []
        do {
            let pending = try ledger.pending(try MigrationFile.list(in: plan.folder), of: name)
            try await admin.transaction { try await $0.run("SELECT bootstrap.create_module(\(name))") }
            try await bootstrap.setPassword(of: plan.module.loginRole, admin)
            if !pending.isEmpty { try await apply(pending, plan, admin) { applied.append($0.name) } }
            try await protection.protect(plan, admin)
            return Outcome(module: name, applied: applied, failure: nil)
        } catch {
            return Outcome(module: name, applied: applied, failure: Self.reason(of: error))
        }
    }

    /// What it reads of others, which may come after it.
    private func read(_ plan: ModulePlan, after outcome: Outcome, _ admin: Lease) async -> Outcome {
        do {
            try await protection.protectReads(of: plan, admin)
            return outcome
        } catch {
            return Outcome(module: outcome.module, applied: outcome.applied, failure: Self.reason(of: error))
        }
    }

    /// What an operator is told; the statement and its hints are theirs to see.
    private static func reason(of error: any Error) -> String {
        (error as? DatabaseError)?.debugDescription ?? "\(error)"
    }

    /// Runs a module's files as its owner, who sees all rows of its own tables meanwhile, for back-fills.
    private func apply(
        _ pending: [MigrationFile], _ plan: ModulePlan, _ admin: Lease, onDone: (MigrationFile) -> Void
    ) async throws {
        let name = plan.module.description
        try await owners.useUnforced(plan.module, admin) { owner in
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
                onDone(file)
            }
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

    /// A module whose schema breaks a rule is not served, whatever its migrations did to get there. What lies in a
    /// schema that is nobody's fails the whole: no module can be paused for it.
    private func judged(_ kernel: Outcome, _ outcomes: [Outcome], _ admin: Lease) async throws -> [Outcome] {
        let offences = try await SchemaLints(folders).run(admin)
        let stray = try await firstStray(among: offences, outcomes, admin).map {
            "a schema of no module breaks the rule \($0.rule): \($0.object): \($0.detail)"
        }
        if let stray { logger.error("the schema breaks a rule", metadata: ["reason": "\(stray)"]) }
        var judged = [Outcome(module: kernel.module, applied: kernel.applied, failure: kernel.failure ?? stray)]
        for outcome in outcomes {
            let offence = offences.first { $0.place.isOf(outcome.module) }
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

    /// The first offence in a schema that is neither the kernel's nor a module's, be the module here or gone.
    private func firstStray(
        among offences: [SchemaLints.Offence], _ outcomes: [Outcome], _ admin: Lease
    ) async throws -> SchemaLints.Offence? {
        let result = try await admin.run("SELECT schema_name FROM core.our_schemas")
        let ours = try result.rows.map { try $0.get("schema_name", as: String.self) }
        let known = Set(ours + outcomes.map(\.module) + ["core", "bootstrap"])
        return offences.first { offence in
            guard case .schema(let name) = offence.place else { return false }
            return !known.contains(name)
        }
    }
}

extension ContinuousClock.Instant {
    /// How long ago this was.
    var milliseconds: Int { Int(duration(to: .now) / .milliseconds(1)) }
}
