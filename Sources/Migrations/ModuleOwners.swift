internal import Cryptography
internal import Logging
internal import PluginKit
internal import Postgres
internal import Tenancy

/// Sessions of modules' owners, for their migrations.
///
/// The owner logs in by itself, for this once: under SET ROLE, a migration could RESET ROLE back to the superuser.
struct ModuleOwners: Sendable {
    let server: ConnectionSettings
    let reactor: Reactor
    let logger: Logger

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

    /// The same, and the owner sees the rows of all tenants in its tables meanwhile, for back-fills.
    func useUnforced(_ module: ModuleName, _ admin: Lease, _ body: (Lease) async throws -> Void) async throws {
        let name = module.description
        try await admin.asKernelOwner { try await $0.run("SELECT core.unforce_module(\(name))") }
        do {
            try await use(module, admin, body)
        } catch {
            try await admin.asKernelOwner { try await $0.run("SELECT core.protect_module(\(name))") }
            throw error
        }
    }

    private func close(_ module: ModuleName, _ admin: Lease) async throws {
        try await admin.run(SQL(unsafeSQL: "ALTER ROLE \(module.ownerRole) NOLOGIN PASSWORD NULL CONNECTION LIMIT -1"))
    }
}
