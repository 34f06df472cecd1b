/// Runs statements inside a tenant's session.
///
/// Two conform: the shared pipeline, where each call is a transaction of its own, and a leased connection,
/// where all calls belong to one transaction.
@_spi(Kernel)
public protocol StatementExecutor: Sendable {
    /// Runs the statements in order; their results in the same order.
    func run(_ statements: [SQL]) async throws -> [ResultSet]
}

/// Opens a leased connection for one interactive transaction.
@_spi(Kernel)
public typealias LeaseTransaction =
    @Sendable (_ body: @escaping @Sendable (any StatementExecutor) async throws -> Void) async throws -> Void
