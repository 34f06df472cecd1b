package import PluginKit
package import Postgres

/// What a caller is told of a database error: never a table, a constraint or a value.
package enum ProblemMapping {
    /// Runs `body`; a `DatabaseError` with a meaning for the caller becomes its `Problem`.
    package static func translate<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw problem(for: error) ?? error
        }
    }

    /// The problem a caller may see; nil for what is our own defect, which becomes a 500.
    package static func problem(for error: DatabaseError) -> Problem? {
        switch error.code {
        // Nothing was begun: there is a bound, and whoever has reached it may be one tenant alone.
        case .overloaded:
            return Problem(
                status: 503, code: "database_busy", detail: "Too much is asked of the database just now.", retryAfter: 1
            )
        case .connectionFailed, .connectionLost, .pipelinePoisoned:
            return Problem(
                status: 503, code: "database_unavailable", detail: "The database cannot be reached just now.",
                retryAfter: 1)
        case .timeout:
            return Problem(status: 503, code: "database_timeout", detail: "The database took too long.", retryAfter: 1)
        case .statementFailed: return error.sqlState.flatMap(problem(forSQLState:))
        case .invalidURL, .statementRefused, .rolledBack, .undecodable: return nil
        }
    }

    /// Codes of the PostgreSQL manual, appendix A. A violated reference answers like a missing one, whoever owns it.
    private static func problem(forSQLState state: String) -> Problem? {
        switch state {
        case "23505": .conflict("Something with this key exists already.", code: "already_exists")
        // Raised by core's own triggers.
        case "RM001": .conflict("This tenant has as many as its limits allow.", code: "limit_reached")
        // Raised by core.enqueue_command.
        case "RK002": Problem(status: 404, code: "command_unknown", detail: "No module offers this command.")
        case "RK003":
            Problem(
                status: 403, code: "command_undeclared", detail: "The module's plugin.json does not name this command.")
        case "RK004": .conflict("Commands led to commands without end.", code: "command_loop")
        // Raised by whatever enqueues on somebody's demand.
        case "RK005":
            Problem(
                status: 429, code: "job_backlog_full",
                detail: "As many jobs of this module wait as this tenant may have.", retryAfter: 30)
        // Raised by core.erase_tenant, which would run it on the rows of all tenants.
        case "RK006":
            .conflict("A module's tables run code of its own; romashka verify-schema names it.", code: "foreign_code")
        case "23503":
            Problem(status: 422, code: "reference_missing", detail: "Something this refers to does not exist.")
        case "23514", "23502", "22001", "22003", "22007", "22008", "22021", "22P05", "54000":
            Problem(status: 422, code: "value_refused", detail: "A value is not one that can be stored.")
        case "40001", "40P01", "55P03":
            Problem(status: 503, code: "try_again", detail: "Another change was in the way; try again.", retryAfter: 1)
        case "57014":
            Problem(status: 503, code: "database_timeout", detail: "The database took too long.", retryAfter: 1)
        case "53300", "53400", "57P01", "57P02", "57P03":
            Problem(
                status: 503, code: "database_unavailable", detail: "The database cannot be reached just now.",
                retryAfter: 1)
        default: nil
        }
    }
}

extension PipelineConnection {
    /// `run` for a request: a database error with a meaning for the caller becomes its `Problem`. A transaction that
    /// may write is told first who acts.
    package func runForCaller(
        _ statements: [SQL], isReplayable: Bool = false, timeout: Duration = .seconds(5)
    ) async throws -> [ResultSet] {
        try await ProblemMapping.translate {
            guard !isReplayable else {
                return try await run(statements, isReplayable: isReplayable, timeout: timeout)
            }
            return try await runActing(statements, timeout: timeout)
        }
    }

    /// `run` of a transaction that is told first who acts, and that the request's key is kept for if it writes.
    package func runActing(_ statements: [SQL], timeout: Duration = .seconds(5)) async throws -> [ResultSet] {
        try await IdempotencyClaim.noting(statements) {
            guard let acting = Acting.current else { return try await run(statements, timeout: timeout) }
            return Array(try await run([acting.statement] + statements, timeout: timeout).dropFirst())
        }
    }
}

extension LeasePool {
    /// How long a caller waits for what may change many rows.
    private static let timeout: Duration = .seconds(120)

    /// `runForCaller` of a pipeline for what may change many rows: on a connection of its own, within two minutes.
    ///
    /// - Parameter tenant: who waits for it, and whose share of the connections it takes; nil is an operator.
    package func runForCaller(
        _ statements: [SQL], as role: KernelRole, for tenant: TenantID?
    ) async throws -> [ResultSet] {
        try await ProblemMapping.translate {
            try await IdempotencyClaim.noting(statements) {
                let limit = SQL.statementLimit(within: LeasePool.timeout)
                let before = [limit] + (Acting.current.map { [$0.statement] } ?? [])
                let results = try await withLease(as: role.loginRole, for: tenant) { lease in
                    try await lease.run(before + statements, timeout: LeasePool.timeout)
                }
                return Array(results.dropFirst(before.count))
            }
        }
    }

    /// Reads for a request what may take long, on a connection of its own: each statement within ten seconds.
    ///
    /// - Parameter tenant: who waits for it, and whose share of the connections it takes.
    package func readForCaller<Value: Sendable>(
        as role: KernelRole, for tenant: TenantID, _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        try await ProblemMapping.translate { try await withLease(as: role.loginRole, for: tenant, body) }
    }
}

extension ControlPlane {
    /// `refresh` for a request: a database that is down is 503, not our defect.
    package func refreshForCaller() async throws {
        try await ProblemMapping.translate { try await refresh() }
    }
}
