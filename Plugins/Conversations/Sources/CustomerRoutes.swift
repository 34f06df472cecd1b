internal import PluginKit

/// Customers: list, create, read, change.
enum CustomerRoutes {
    static let all: [Route] = [
        List(
            "/customers", needs: "conversations.read",
            query: [
                Field("email", .email, example: "noah@example.com", summary: "Only the customer with this address.")
            ], of: Customer.self, "The tenant's customers, newest first", list),
        Post(
            "/customers", needs: "conversations.write", takes: NewCustomer.self, returns: Customer.self,
            "Add a customer", create),
        Get("/customers/{id}", needs: "conversations.read", returns: Customer.self, "One customer", get),
        Patch(
            "/customers/{id}", needs: "conversations.write", takes: CustomerChange.self, returns: Customer.self,
            ifMatch: true, "Change a customer", change),
    ]

    @Sendable
    private static func list(_ call: Call) async throws -> Page<Customer> {
        let email: String? = try call.query["email"]
        let filter: SQL = email.map { "AND email = \($0)" } ?? ""
        return try await call.tx.page(
            call.page, key: ["id"],
            """
            SELECT \(Customer.columns)
            FROM conversations.customer_profiles
            WHERE tenant_id = \(call.tenant)
              AND id < \(call.page.after(0, or: CustomerID(.last)))
              \(filter) \(Visibility.ofCustomers(call))
            ORDER BY id DESC
            LIMIT \(call.page.fetchCount)
            """)
    }

    @Sendable
    private static func create(_ call: Call, _ input: NewCustomer) async throws -> Resource<Customer> {
        try await call.tx.one(
            """
            WITH customer AS (
                INSERT INTO conversations.customer_profiles
                    (tenant_id, id, external_id, email, name, phone, company, metadata)
                VALUES
                    (\(call.tenant), \(CustomerID.make()), \(input.externalID), \(input.email), \(input.name), \(input.phone),
                     \(input.company), \(input.metadata))
                RETURNING \(Customer.columns)
            )
            SELECT \(Customer.columns)
            FROM customer
            WHERE \(call.emitting(ConversationEvents.customer("customer.created", "customer"))) IS NOT NULL
            """)
    }

    @Sendable
    private static func get(_ call: Call) async throws -> Resource<Customer> {
        try await call.tx.one(
            """
            SELECT \(Customer.columns)
            FROM conversations.customer_profiles
            WHERE tenant_id = \(call.tenant) AND id = \(call.path("id", as: CustomerID.self))
              \(Visibility.ofCustomers(call))
            """)
    }

    @Sendable
    private static func change(_ call: Call, _ input: CustomerChange) async throws -> Resource<Customer> {
        let new = input.record
        let isBlocked = try new["status"] as String? == "blocked"
        let result = try await call.tx.rows(
            """
            WITH customer AS (
                UPDATE conversations.customer_profiles
                SET name = CASE WHEN \(new.has("name")) THEN \(new["name"] as String?) ELSE name END,
                    phone = CASE WHEN \(new.has("phone")) THEN \(new["phone"] as String?) ELSE phone END,
                    company = CASE WHEN \(new.has("company")) THEN \(new["company"] as String?) ELSE company END,
                    status = COALESCE(\(new["status"] as String?), status),
                    metadata = COALESCE(\(new["metadata"] as JSONValue?), metadata)
                WHERE tenant_id = \(call.tenant) AND id = \(call.path("id", as: CustomerID.self))
                  AND (\(call.expectedVersions) IS NULL OR updated_at = ANY(\(call.expectedVersions)))
                  \(Visibility.ofCustomers(call))
                RETURNING \(Customer.columns)
            )
            SELECT \(Customer.columns)
            FROM customer
            WHERE \(call.emitting(ConversationEvents.customer("customer.updated", "customer"))) IS NOT NULL
              AND CASE WHEN \(isBlocked) THEN \(call.endingTokens(of: "customer.id")) IS NOT NULL ELSE true END
            """)
        guard !result.isEmpty else { throw call.notChanged }
        return try Resource(result)
    }
}
