package import Identity
internal import PluginHost
@_spi(Kernel) package import PluginKit
package import Tenancy

/// A customer comes in by what the tenant's own system has signed: the kernel checks the signature, a module knows whose
/// it is.
package struct CustomerSignIn: Sendable {
    private let identity: Identity
    private let control: ControlPlane
    private let module: MountedRoute.Module
    private let lookup: CustomerLookup

    /// - Parameter module: the one whose code has `lookup`.
    package init(_ identity: Identity, control: ControlPlane, module: MountedRoute.Module, lookup: CustomerLookup) {
        self.identity = identity
        self.control = control
        self.module = module
        self.lookup = lookup
    }

    package var all: [Route] {
        [
            .request(
                "POST", "/auth/customers", .public, takes: CustomerIdentity.self, returns: CustomerSessionPayload.self,
                "Come in as a customer, by what the tenant's own system has signed"
            ) { request, input in
                try await begin(input, request)
            }.answering(401, 403, 404)
        ]
    }

    private func begin(
        _ input: CustomerIdentity, _ request: Request
    ) async throws -> Resource<CustomerSessionPayload> {
        let (tenant, key) = try await identity.customerKeys.tenant(of: input)
        try module.requireServing(tenant, control)
        let session = TenantSession(
            verified: tenant, actor: Actor(kind: .hook, id: ActorID(key.uuid), role: "customer_key"))
        let customer = try await find(input.externalID, session, request)
        let token = try await identity.customers.access(for: session).token(for: customer)
        // Once more, after the token was made: whoever blocks the customer from here on ends it.
        guard try await find(input.externalID, session, request) == customer else { throw Problem.notFound }
        return try Resource([
            "access_token": .string(token.text), "token_type": "Bearer", "expires_in": .integer(Int64(token.seconds)),
            "customer_id": .string(customer.description),
        ])
    }

    /// Asks the module, behind its wall, as a hook of the tenant.
    private func find(_ externalID: String, _ session: TenantSession, _ request: Request) async throws -> ActorID {
        let none = Commands { _, _, _ in throw Problem.notFound }
        let call = Call(
            request: request, tenant: session.tenant, actor: session.actor, session: nil,
            tx: module.database.open(session, mode: .write),
            services: module.services(for: session, control, commands: none))
        return try await module.wall.run(for: session.tenant, in: PluginError.Place("customer look-up")) { [lookup] in
            try await lookup.find(call, externalID)
        }
    }
}
