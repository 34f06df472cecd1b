/// The executor of routes that have no module and so no data of their own.
private struct NoDatabase: StatementExecutor {
    func run(_: [SQL]) async throws -> [ResultSet] {
        throw Problem.notFound
    }
}

@_spi(Kernel)
extension TenantTx {
    /// A door that leads nowhere, for the kernel's own routes.
    public static let none = TenantTx(executor: NoDatabase()) { _ in throw Problem.notFound }
}
