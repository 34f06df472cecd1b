internal import Foundation
internal import Observability
@_spi(Kernel) package import PluginKit
internal import Postgres
package import Tenancy

/// Tokens of tenants' customers. Whose customer somebody is, a module knows; what a token is, the kernel does.
///
/// A token counts how often the customer's tokens had been ended, so ending them takes one number for all of them,
/// whatever the clocks say. Customers who never were have no row.
package struct CustomerTokens: Sendable {
    /// What the database's session of a customer says of a role.
    static let role = "customer"

    private let pipeline: PipelineConnection
    private let keyring: TokenKeyring
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, keyring: TokenKeyring, control: ControlPlane) {
        self.pipeline = pipeline
        self.keyring = keyring
        self.control = control
    }

    /// What a module is given: the tokens of one tenant's customers, on behalf of one actor.
    package func access(for session: TenantSession) -> CustomerAccess {
        let tenant = session.tenant
        // A customer is nobody's door, not even through a route that forgets to ask.
        guard session.actor.kind != .customer, session.actor.kind != .visitor else { return .none }
        return CustomerAccess(
            issue: { try await issue(for: $0, of: tenant, lifetime: $1) },
            end: { customer in
                let acting = Acting(session, requestID: RequestScope.current?.requestID ?? "")
                try await Acting.$current.withValue(acting) { try await end(customer, of: tenant) }
            })
    }

    /// A token for a customer.
    ///
    /// - Parameter lifetime: from one second to ten minutes; what is beyond is cut.
    func issue(
        for customer: UUID, of tenant: TenantID, lifetime: Duration
    ) async throws -> CustomerAccess.Token {
        let row = try await pipeline.runForCaller([
            "SELECT epoch FROM core.customer_epochs WHERE tenant_id = \(tenant) AND customer_id = \(customer)"
        ])[0].first
        let epoch = try row?.get("epoch", as: Int64.self) ?? 0
        let now = Date()
        let seconds = min(max(lifetime.components.seconds, 1), Int64(TokenIssuer.lifetime))
        let text = try keyring.tokenIssuer(now: now).issue(
            audience: .customer, subject: customer, tenant: tenant.uuid, session: UUID(), role: CustomerTokens.role,
            epoch: epoch, lifetime: TimeInterval(seconds), now: now)
        return CustomerAccess.Token(text: text, seconds: Int(seconds))
    }

    /// Ends every token of a customer; every process knows within a second, by a trigger of the table.
    func end(_ customer: UUID, of tenant: TenantID) async throws {
        _ = try await pipeline.runForCaller([
            """
            INSERT INTO core.customer_epochs AS e (tenant_id, customer_id, epoch)
            VALUES (\(tenant), \(customer), 1)
            ON CONFLICT (tenant_id, customer_id) DO UPDATE SET epoch = e.epoch + 1, changed_at = now()
            """
        ])
        try await control.refreshForCaller()
    }
}
