/// The door to one tenant's data: every statement runs in the tenant's verified session, under row-level security.
///
/// Each call of `rows`, `one`, `page`, `execute` or `batch` is one transaction and one round trip on a connection
/// that many requests share. Such a statement is a literal with values, begins with SELECT, INSERT, UPDATE, DELETE,
/// MERGE, WITH or VALUES, and must finish within 500 ms. Anything longer or interactive goes through `leased`.
public struct TenantTx: Sendable {
    private let executor: any StatementExecutor
    private let lease: LeaseTransaction

    /// Only the kernel makes one, from a verified session.
    @_spi(Kernel)
    public init(executor: any StatementExecutor, lease: @escaping LeaseTransaction) {
        self.executor = executor
        self.lease = lease
    }

    /// The rows a statement answers.
    ///
    /// - Throws: `Problem` for what the caller may know (conflict, reference missing), else a database error.
    public func rows(_ statement: SQL) async throws -> ResultSet {
        let results = try await executor.run([statement])
        guard let result = results.first else { throw ColumnError(column: "*", reason: "is not in the result") }
        return result
    }

    /// Runs several statements in one transaction and one round trip; all succeed or none has an effect.
    public func batch(_ statements: [SQL]) async throws -> [ResultSet] {
        try await executor.run(statements)
    }

    /// Runs a statement for its effect; the number of rows it touched.
    @discardableResult
    public func execute(_ statement: SQL) async throws -> Int {
        try await rows(statement).affected
    }

    /// The one row a statement answers.
    ///
    /// - Throws: `Problem.notFound` when there is none.
    public func one<P: Payload>(_ statement: SQL) async throws -> Resource<P> {
        let result = try await rows(statement)
        guard result.count > 0 else { throw Problem.notFound }
        return try Resource(result)
    }

    /// A page of a list: the statement asks for `request.fetchCount` rows in the order of `key`.
    public func page<P: Payload>(_ request: PageRequest, key: [String], _ statement: SQL) async throws -> Page<P> {
        try await Page(rows(statement), limit: request.limit, key: key)
    }

    /// An interactive transaction on a connection of its own: statements may depend on each other's answers,
    /// hold `unsafeSQL:`, and take up to ten seconds.
    public func leased<Answer: Sendable>(
        _ body: @escaping @Sendable (LeasedTx) async throws -> Answer
    ) async throws -> Answer {
        let answer = AnswerBox<Answer>()
        try await lease { executor in
            let value = try await body(LeasedTx(executor: executor))
            answer.store(value)
        }
        return try answer.take()
    }
}

/// A tenant's interactive transaction; it ends with the closure that was given it.
public struct LeasedTx: Sendable {
    fileprivate let executor: any StatementExecutor

    /// For the kernel, which has verified what it passes.
    @_spi(Kernel)
    public init(executor: any StatementExecutor) {
        self.executor = executor
    }

    /// The rows a statement answers.
    public func rows(_ statement: SQL) async throws -> ResultSet {
        let results = try await executor.run([statement])
        guard let result = results.first else { throw ColumnError(column: "*", reason: "is not in the result") }
        return result
    }
}
