package import Logging
@_spi(Kernel) package import PluginKit
package import Postgres

/// One module's way to the database: its role's shared pipeline, and leases from the process's budget.
package final class ModuleDatabase: Sendable {
    private let role: String
    private let pipeline: PipelineConnection
    private let leases: LeasePool
    private let signer: SessionSigner

    package init(
        _ module: ModuleName, credentials: RoleCredentials, signer: SessionSigner, reactor: Reactor, leases: LeasePool,
        logger: Logger
    ) {
        role = module.loginRole
        pipeline = PipelineConnection(
            credentials.sharedSettings(as: module.loginRole), sharing: true, reactor: reactor, logger: logger)
        self.leases = leases
        self.signer = signer
    }

    /// The tenant's data for one request or job.
    ///
    /// - Parameter mode: `.read` makes every transaction READ ONLY.
    package func open(_ session: TenantSession, mode: SessionClaims.Mode) -> TenantTx {
        let claims = SessionClaims(tenant: session.tenant, actor: session.actor, mode: mode)
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

    /// Closes the shared connection.
    package func close() { pipeline.close() }
}

/// Each run is one implicit transaction on the shared pipeline: open the session, the statements, Sync.
private struct PipelinedTransactions: StatementExecutor {
    let pipeline: PipelineConnection
    let signer: SessionSigner
    let claims: SessionClaims

    func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await ProblemMapping.translate {
            let results = try await pipeline.run([signer.opening(claims)] + statements, isReplayable: claims.mode == .read)
            return Array(results.dropFirst())
        }
    }
}

/// All runs belong to the one transaction that the lease has open.
private struct LeasedTransaction: StatementExecutor {
    let lease: Lease

    func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await ProblemMapping.translate { try await lease.run(statements) }
    }
}
