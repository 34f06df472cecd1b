internal import Cryptography
package import Logging
internal import PluginKit
package import Postgres
package import Tenancy

/// Sessions of modules' owners, for their migrations and for all else that may run what a module wrote.
///
/// The owner logs in by itself, for this once: under SET ROLE, a migration could RESET ROLE back to the superuser.
package struct ModuleOwners: Sendable {
    private let server: ConnectionSettings
    private let reactor: Reactor
    private let logger: Logger

    /// - Parameter server: the database as the platform's roles reach it.
    package init(server: ConnectionSettings, reactor: Reactor, logger: Logger) {
        self.server = server
        self.reactor = reactor
        self.logger = logger
    }

    /// Lets the owner log in with a password nobody else knows, runs `body` in its session, and shuts it out again.
    func use(_ module: ModuleName, _ admin: Lease, _ body: (Lease) async throws -> Void) async throws {
        let password = Hex.encode(RandomBytes.generate(32))
        let verifier = SCRAMVerifier(randomKey: password)
        try await admin.run(
            SQL(unsafeSQL: "ALTER ROLE \(module.ownerRole) LOGIN PASSWORD '\(verifier)' CONNECTION LIMIT 1"))
        do {
            let settings = server.connecting(as: module.ownerRole, password: password).named(module.ownerRole)
            try await AdminConnection.use(settings, reactor: reactor, logger: logger, body)
        } catch {
            try await close(module, admin)
            throw error
        }
        try await close(module, admin)
    }

    /// The same, and the owner sees the rows of all tenants in its tables from then on, for back-fills and exports, until
    /// they are protected again; when it throws, they are.
    package func useUnforced(_ module: ModuleName, _ admin: Lease, _ body: (Lease) async throws -> Void) async throws {
        let name = module.description
        try await admin.asKernelOwner { try await $0.run("SELECT core.unforce_module(\(name))") }
        do {
            try await use(module, admin, body)
        } catch {
            try await protect(module, admin)
            throw error
        }
    }

    /// Takes the rows of all tenants away from the owner again.
    package func protect(_ module: ModuleName, _ admin: Lease) async throws {
        let name = module.description
        try await admin.asKernelOwner { try await $0.run("SELECT core.protect_module(\(name))") }
    }

    private func close(_ module: ModuleName, _ admin: Lease) async throws {
        try await admin.run(SQL(unsafeSQL: "ALTER ROLE \(module.ownerRole) NOLOGIN PASSWORD NULL CONNECTION LIMIT -1"))
    }
}
