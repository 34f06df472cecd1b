public import Foundation

/// One attempt at a job, inside the tenant's session.
public struct JobRun: Sendable {
    /// The job's id, the same in every attempt: the key for effects outside of the database.
    public let id: ID<JobSubject>
    /// The tenant of the session; every statement says `tenant_id = \(run.tenant)` as well.
    public let tenant: TenantID
    /// Which attempt it is, from 1.
    public let attempt: Int
    /// The tenant's data. What it changes stays, whatever becomes of the attempt; see `finish`.
    public let tx: TenantTx
    let services: ModuleServices
    private let lease: UUID
    private let done: [JSONValue.Member]
    private let progress: JobProgress

    /// For the kernel, which has claimed the job.
    @_spi(Kernel)
    public init(
        id: ID<JobSubject>, tenant: TenantID, attempt: Int, tx: TenantTx, services: ModuleServices, lease: UUID,
        steps: JSONValue, progress: JobProgress
    ) {
        self.id = id
        self.tenant = tenant
        self.attempt = attempt
        self.tx = tx
        self.services = services
        self.lease = lease
        self.progress = progress
        done = steps.members ?? []
    }

    /// The tenant's settings of this module; see `Call.settings`.
    public var settings: Record { services.settings }
    /// The tenant's secrets of this module.
    public var secrets: Secrets { services.secrets }
    /// What other modules offer: it runs at once and in a transaction of its own, for the platform itself. The job's id
    /// is a good key. What shall happen with `finish` or not at all is a `CommandRequest` among its statements.
    public var commands: Commands { services.commands }
    /// The way out to other servers.
    public var http: OutboundHTTP { services.http }
    /// The tenant's files.
    public var files: ModuleFiles { services.files }

    /// Runs the last statements in the transaction that completes the job: both happen, and once, or neither does.
    ///
    /// A handler that returns without it has its job completed in a transaction of its own.
    ///
    /// - Throws: what the statements throw; `JobLeaseLost` when another worker has the job by now.
    public func finish(_ statements: [SQL]) async throws {
        try progress.requireOpen()
        try await inLease { _ = try await tx.batch(statements + ["SELECT core.complete(\(lease))"]) }
        progress.complete()
    }

    /// Does a step once, however often the job is tried: its statements and the note that it is done are one
    /// transaction.
    ///
    /// - Parameters:
    ///   - name: the step's name within the job.
    ///   - body: makes the statements, and what the step came to; not run when the step is done.
    /// - Returns: what the step came to, now or in an earlier attempt.
    @discardableResult
    public func step(
        _ name: String, _ body: @Sendable () async throws -> (statements: [SQL], result: JSONValue)
    ) async throws -> JSONValue {
        if let result = progress.result(of: name) ?? done.first(where: { $0.name == name })?.value { return result }
        let (statements, result) = try await body()
        try await inLease {
            _ = try await tx.batch(statements + ["SELECT core.step(\(lease), \(name), \(result)::jsonb)"])
        }
        progress.note(name, result)
        return result
    }

    private func inLease(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            throw progress.meaning(of: error)
        }
    }
}

/// A job's id.
public enum JobSubject {}

/// Somebody else has the job by now, and nothing this attempt did since is kept.
public struct JobLeaseLost: Error {
    /// The one value.
    public init() {}
}
