internal import PluginKit

/// The door for customers: the tenant's own program knows who somebody is and asks for their token.
enum CustomerTokenRoutes {
    static let all: [Route] = [
        Post(
            "/customers/{id}/tokens", needs: "conversations.identify", takes: NewCustomerToken.self,
            returns: CustomerToken.self, "Make a token with which a customer sees what is theirs", create),
        Delete(
            "/customers/{id}/tokens", needs: "conversations.identify", "End every token of a customer within a second",
            end),
    ]

    @Sendable
    private static func create(_ call: Call, _ input: NewCustomerToken) async throws -> Resource<CustomerToken> {
        let id = try call.path("id", as: CustomerID.self)
        let token = try await call.customers.token(for: id, lifetime: .seconds(input.seconds))
        // After the token was made: whoever blocks the customer from here on ends it.
        guard try await letIn(id, for: token.seconds, call) == "active" else {
            throw Problem.conflict("This customer is blocked or merged.", code: "customer_blocked")
        }
        return try Resource([
            "access_token": .string(token.text), "token_type": "Bearer", "expires_in": .integer(Int64(token.seconds)),
            "customer_id": .string(id.description),
        ])
    }

    /// Tells of a token, where the customer may have one.
    ///
    /// - Returns: the customer's status.
    /// - Throws: `Problem.notFound` for who is no customer, or none that the caller sees.
    private static func letIn(_ id: CustomerID, for seconds: Int, _ call: Call) async throws -> String {
        let event = Event(
            "customer.let_in", subject: "customer.id", customer: "customer.id",
            audience: .init("conversations.identify"),
            data: "jsonb_build_object('seconds', \(Int64(seconds)))")
        let row = try await call.tx.rows(
            """
            WITH customer AS (
                SELECT id, status
                FROM conversations.customer_profiles
                WHERE tenant_id = \(call.tenant) AND id = \(id) \(Visibility.ofCustomers(call))
            )
            SELECT status, CASE WHEN status = 'active' THEN \(call.emitting(event)) END AS event_id
            FROM customer
            """
        ).first
        guard let row else { throw Problem.notFound }
        return try row.get("status")
    }

    @Sendable
    private static func end(_ call: Call) async throws {
        let id = try call.path("id", as: CustomerID.self)
        _ = try await status(of: id, call)
        try await call.customers.end(id)
    }

    /// - Throws: `Problem.notFound` for who is no customer, or none that the caller sees.
    private static func status(of id: CustomerID, _ call: Call) async throws -> String {
        let row = try await call.tx.rows(
            """
            SELECT status
            FROM conversations.customer_profiles
            WHERE tenant_id = \(call.tenant) AND id = \(id) \(Visibility.ofCustomers(call))
            """
        ).first
        guard let row else { throw Problem.notFound }
        return try row.get("status")
    }
}
