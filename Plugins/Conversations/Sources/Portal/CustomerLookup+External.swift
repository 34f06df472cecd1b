internal import PluginKit

extension CustomerLookup {
    /// The customer with the id that the tenant's own system has; added when there is none yet.
    static let external = CustomerLookup { call, externalID in
        let row = try await call.tx.rows(
            """
            WITH customer AS (
                INSERT INTO conversations.customer_profiles (tenant_id, id, external_id, last_interaction_at)
                VALUES (\(call.tenant), \(CustomerID.make()), \(externalID), now())
                ON CONFLICT (tenant_id, external_id) WHERE external_id IS NOT NULL
                DO UPDATE SET last_interaction_at = now()
                RETURNING \(Customer.columns), xmax = 0 AS is_new
            )
            SELECT id, status
            FROM customer
            WHERE NOT is_new
               OR \(call.emitting(ConversationEvents.customer("customer.created", "customer"))) IS NOT NULL
            """
        ).first
        guard let row else { throw Problem.notFound }
        guard try row.get("status", as: String.self) == "active" else {
            throw Problem(status: 403, code: "customer_blocked", detail: "This customer is blocked or merged.")
        }
        return try row.get("id", as: CustomerID.self)
    }
}
