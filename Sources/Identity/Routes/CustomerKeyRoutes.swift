internal import PluginKit

/// The keys with which a tenant's own system says who its customers are.
struct CustomerKeyRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        let keys = identity.customerKeys
        return [
            List(
                "/customer-keys", needs: "customer_keys.read", of: CustomerKeyPayload.self,
                "The keys that sign customers' identities"
            ) { call in
                try await keys.list(of: call.tenant)
            },
            Post(
                "/customer-keys", needs: "customer_keys.write", takes: NewCustomerKey.self,
                returns: CreatedCustomerKeyPayload.self, "Make a key; those before it hold for one more day"
            ) { call, _ in
                try await keys.create(by: call)
            },
            Delete("/customer-keys/{id}", needs: "customer_keys.write", "End a key at once") { call in
                try await keys.end(try call.path("id", as: ID<CustomerKey>.self), of: call.tenant)
            },
        ]
    }
}

/// A key to be made, of which there is nothing to say.
private struct NewCustomerKey: RequestPayload {
    static let schema = Schema("NewCustomerKey", [])

    init(_ record: Record) {}
}
