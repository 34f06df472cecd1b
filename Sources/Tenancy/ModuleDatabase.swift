package import Logging
@_spi(Kernel) package import PluginKit
package import Postgres

/// One module's way to the database: its role's shared pipelines, and leases from the process's budget.
package final class ModuleDatabase: Sendable {
    /// Whether this task is inside of a transaction that it holds open.
    @TaskLocal package static var isInTransaction = false

    let role: String
    private let reads: PipelineGroup
    private let writes: PipelineGroup
    private let leases: LeasePool
    private let keys: SessionKeys
    private let bell: JobBell

    package init(
        _ module: ModuleName, credentials: RoleCredentials, keys: SessionKeys, reactor: Reactor, leases: LeasePool,
        bell: JobBell, logger: Logger
    ) {
        self.bell = bell
        role = module.loginRole
        let settings = credentials.sharedSettings(as: module.loginRole)
        reads = PipelineGroup([PipelineConnection(settings, sharing: true, reactor: reactor, logger: logger)])
        // A commit waits for the disk; commits on several connections wait together.
        writes = PipelineGroup(
            (0..<ModuleDatabase.writePipelines).map { _ in
                PipelineConnection(settings, sharing: true, reactor: reactor, logger: logger)
            })
        self.leases = leases
        self.keys = keys
    }

    /// The tenant's data for one request or job.
    ///
    /// - Parameters:
    ///   - mode: `.read` makes every transaction READ ONLY.
    ///   - claim: carried by the first transaction; a command's by the first that can write.
    package func open(
        _ session: TenantSession, mode: SessionClaims.Mode, claim: IdempotencyClaim? = nil
    ) -> TenantTx {
        let claims = SessionClaims(
            tenant: session.tenant, actor: session.actor, mode: mode, impersonator: session.impersonator)
        let pipelined = PipelinedTransactions(
            pipelines: mode == .read ? reads : writes, keys: keys, claims: claims, idempotency: claim, bell: bell)
        return TenantTx(executor: pipelined) { [role, leases, keys, bell] body in
            // Whether jobs were enqueued is not worth following through a whole transaction.
            defer { if mode == .write { bell.ring() } }
            try await ProblemMapping.translate {
                try await claim.during { carriage in
                    try await leases.withLease(as: role, for: session.tenant) { lease in
                        try await lease.transaction { lease in
                            try await lease.run(keys.opening(claims))
                            if let claiming = carriage?.claiming(before: []) { try await lease.run(claiming) }
                            try await ModuleDatabase.$isInTransaction.withValue(true) {
                                try await body(
                                    LeasedTransaction(lease: lease, idempotency: claim, carriage: carriage))
                            }
                        }
                    }
                }
            }
        }
    }

    /// The most connections the module's pipelines take.
    package static let maximumConnections = 1 + writePipelines
    private static let writePipelines = 6

    /// The shared connections, open or not.
    var pipelines: [PipelineConnection] { reads.pipelines + writes.pipelines }

    /// Those that are used when there is little to do.
    var firstPipelines: [PipelineConnection] { [reads, writes].flatMap { $0.pipelines.prefix(1) } }

    /// Closes the shared connections.
    package func close() {
        reads.close()
        writes.close()
    }
}

/// Each run is one implicit transaction on the shared pipeline: open the session, the statements, Sync.
private struct PipelinedTransactions: StatementExecutor {
    let pipelines: PipelineGroup
    let keys: SessionKeys
    let claims: SessionClaims
    let idempotency: IdempotencyClaim?
    let bell: JobBell

    func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await StatementTrace.run(statements) {
            try await ProblemMapping.translate {
                try await idempotency.during { carriage in
                    let claiming = carriage?.claiming(before: statements)
                    let before = [keys.opening(claims)] + (claiming.map { [$0] } ?? [])
                    let results = try await pipelines.leastLoaded.run(
                        before + statements, isReplayable: claims.mode == .read)
                    if statements.contains(where: \.mayEnqueue) { bell.ring() }
                    let own = Array(results.dropFirst(before.count))
                    idempotency?.note(statements, own)
                    return own
                }
            }
        }
    }
}

/// All runs belong to the one transaction that the lease has open.
private struct LeasedTransaction: StatementExecutor {
    let lease: Lease
    let idempotency: IdempotencyClaim?
    let carriage: IdempotencyClaim.Carriage?

    func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await StatementTrace.run(statements) {
            try await claim(before: statements)
            let results = try await ProblemMapping.translate { try await lease.runRows(statements) }
            idempotency?.note(statements, results)
            return results
        }
    }

    private func claim(before statements: [SQL]) async throws {
        guard let claiming = carriage?.claiming(before: statements) else { return }
        do {
            try await lease.run(claiming)
        } catch let error as DatabaseError where IdempotencyClaim.isTaken(error) {
            // Said here, because the handler is between this and whoever carries the claim.
            throw IdempotencyClaim.Taken()
        }
    }
}

extension IdempotencyClaim? {
    /// Runs a transaction, which may carry the claim if there is one; see `IdempotencyClaim.during`.
    fileprivate func during<Value>(
        _ body: (IdempotencyClaim.Carriage?) async throws -> Value
    ) async throws -> Value {
        guard let self else { return try await body(nil) }
        return try await self.during(body)
    }
}
