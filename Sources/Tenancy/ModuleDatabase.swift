package import Logging
@_spi(Kernel) package import PluginKit
package import Postgres

/// One module's way to the database: its role's shared pipelines, and leases from the process's budget.
package final class ModuleDatabase: Sendable {
    let role: String
    private let reads: PipelineConnection
    private let writes: PipelineGroup
    private let leases: LeasePool
    private let signer: SessionSigner

    package init(
        _ module: ModuleName, credentials: RoleCredentials, signer: SessionSigner, reactor: Reactor, leases: LeasePool,
        logger: Logger
    ) {
        role = module.loginRole
        let settings = credentials.sharedSettings(as: module.loginRole)
        reads = PipelineConnection(settings, sharing: true, reactor: reactor, logger: logger)
        // A commit waits for the disk; commits on several connections wait together.
        writes = PipelineGroup(
            (0..<ModuleDatabase.writePipelines).map { _ in
                PipelineConnection(settings, sharing: true, reactor: reactor, logger: logger)
            })
        self.leases = leases
        self.signer = signer
    }

    /// The tenant's data for one request or job.
    ///
    /// - Parameter mode: `.read` makes every transaction READ ONLY.
    package func open(_ session: TenantSession, mode: SessionClaims.Mode) -> TenantTx {
        let claims = SessionClaims(tenant: session.tenant, actor: session.actor, mode: mode)
        let pipeline = mode == .read ? reads : writes.leastLoaded
        let pipelined = PipelinedTransactions(pipeline: pipeline, signer: signer, claims: claims)
        return TenantTx(executor: pipelined) { [role, leases, signer] body in
            try await ProblemMapping.translate {
                try await leases.withLease(as: role) { lease in
                    try await lease.transaction { lease in
                        try await lease.run(signer.opening(claims))
                        try await body(LeasedTransaction(lease: lease))
                    }
                }
            }
        }
    }

    /// The most connections the module's pipelines take.
    package static let maximumConnections = 1 + writePipelines
    private static let writePipelines = 4

    /// The shared connections, open or not.
    var pipelines: [PipelineConnection] { [reads] + writes.pipelines }

    /// Closes the shared connections.
    package func close() {
        reads.close()
        writes.close()
    }
}

/// Each run is one implicit transaction on the shared pipeline: open the session, the statements, Sync.
private struct PipelinedTransactions: StatementExecutor {
    let pipeline: PipelineConnection
    let signer: SessionSigner
    let claims: SessionClaims

    func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await StatementTrace.run(statements) {
            try await ProblemMapping.translate {
                let results = try await pipeline.run(
                    [signer.opening(claims)] + statements, isReplayable: claims.mode == .read)
                return Array(results.dropFirst())
            }
        }
    }
}

/// All runs belong to the one transaction that the lease has open.
private struct LeasedTransaction: StatementExecutor {
    let lease: Lease

    func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await StatementTrace.run(statements) {
            try await ProblemMapping.translate { try await lease.runRows(statements) }
        }
    }
}
