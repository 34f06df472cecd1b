import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// The ways a module's SQL reaches the database, and the one it would have without the kernel.
enum IsolationDoor: String, CaseIterable, Sendable {
    /// One implicit transaction on the connection all tenants share.
    case shared
    /// A transaction on a connection lent for its time.
    case leased
    /// A connection of the module's role with nobody looking at the statements.
    case open
}

extension IsolationGround {
    /// Runs statements through a door of a module in a tenant's session.
    ///
    /// - Parameter commits: whether a leased transaction is to last.
    func run(
        _ statements: [String], _ door: IsolationDoor = .leased, as module: String, _ tenant: IsolationTenant,
        commits: Bool = true
    ) async throws -> IsolationOutcome {
        let name = try #require(ModuleName(module))
        let tx = databases.database(of: name).open(tenant.session, mode: .write)
        switch door {
        case .shared:
            return await IsolationOutcome.of { outcome in
                for result in try await tx.batch(statements.map { SQL(stringLiteral: $0) }) { try outcome.add(result) }
            }
        case .open:
            return await IsolationOutcome.of { outcome in
                outcome = try await databases.leases.withLease(as: name.loginRole) { lease in
                    try await lease.transaction { lease in
                        var outcome = IsolationOutcome()
                        try await lease.run(opening(tenant))
                        for statement in statements { try outcome.add(await lease.run(SQL(unsafeSQL: statement))) }
                        return outcome
                    }
                }
            }
        case .leased:
            do {
                return try await tx.leased { tx in
                    var outcome = IsolationOutcome()
                    for statement in statements { try outcome.add(await tx.rows(SQL(unsafeSQL: statement))) }
                    guard commits else { throw outcome }
                    return outcome
                }
            } catch let outcome as IsolationOutcome {
                return outcome
            } catch {
                return await IsolationOutcome.of { _ in throw error }
            }
        }
    }

    /// Runs `body` on a connection of its own as a module's role, below both doors and without a session.
    func asModule<Value: Sendable>(
        _ module: String = "conversations", parameters: KeyValuePairs<String, String> = [:],
        _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        let name = try #require(ModuleName(module))
        let settings = databases.credentials.leasedSettings(as: name.loginRole).with(parameters: parameters)
        return try await AdminConnection.use(
            settings, reactor: database.server.reactor, logger: database.server.logger, body)
    }

    /// The statement that opens a tenant's session.
    func opening(_ tenant: IsolationTenant, mode: SessionClaims.Mode = .write) -> SQL {
        signer.opening(SessionClaims(tenant: tenant.id, actor: tenant.session.actor, mode: mode))
    }

    /// The signed token of a tenant's session.
    func token(_ tenant: IsolationTenant, now: Timestamp = .now()) -> String {
        signer.token(SessionClaims(tenant: tenant.id, actor: tenant.session.actor, mode: .write), now: now)
    }

    private var signer: SessionSigner { SessionSigner(master: TestPlatform.master) }

    /// Runs statements below the doors, in a transaction that a tenant's session opens.
    func inSession(
        _ statements: [String], _ lease: Lease, _ tenant: IsolationTenant, opens: Bool = true
    ) async throws -> IsolationOutcome {
        try await lease.run("BEGIN")
        let outcome = await IsolationOutcome.of { outcome in
            if opens { try await lease.run(opening(tenant)) }
            for statement in statements { try outcome.add(await lease.run(SQL(unsafeSQL: statement))) }
        }
        _ = try? await lease.run("ROLLBACK")
        return outcome
    }
}
