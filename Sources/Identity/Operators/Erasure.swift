internal import PluginKit
package import Postgres
package import Tenancy

/// Removes a tenant with everything it has, and proves it.
package struct Erasure: Sendable {
    private let leases: LeasePool
    private let control: ControlPlane

    /// - Parameter leases: from which a connection of the kernel's role `auth` is taken, because this may take long.
    package init(leases: LeasePool, control: ControlPlane) {
        self.leases = leases
        self.control = control
    }

    /// Erases a suspended tenant. Every process forgets it within a second.
    ///
    /// - Parameter confirmation: the tenant's slug, so that nobody erases the wrong one.
    /// - Throws: `Problem.notFound`; 409 `tenant_active`; 422 `confirmation_differs`.
    func erase(
        _ tenant: TenantID, confirmation: String, by operator: ID<Operator>
    ) async throws -> Resource<ErasurePayload> {
        let result = try await ProblemMapping.translate {
            try await leases.withLease(as: KernelRole.auth.loginRole) { lease in
                try await lease.transaction { lease in
                    try await Erasure.require(tenant, confirmation, lease)
                    let proof = try await lease.run(
                        "SELECT core.erase_tenant(\(tenant)) AS proof", timeout: .seconds(600))
                    guard let row = proof.first else { throw Problem.notFound }
                    let erasure = try await lease.run(
                        """
                        INSERT INTO core.erasures (id, erased_tenant, operator_id, proof)
                        VALUES (\(ID<Void>.make()), \(tenant), \(`operator`), \(try row.get("proof", as: JSONValue.self)))
                        RETURNING id, erased_tenant AS tenant_id, proof, created_at
                        """)
                    try await lease.run("SELECT core.record_change('tenant', \(tenant), 'erased')")
                    return erasure
                }
            }
        }
        try await control.refreshForCaller()
        return try Resource(result)
    }

    /// Holds the tenant's row until the end, so that nobody resumes it meanwhile.
    private static func require(_ tenant: TenantID, _ confirmation: String, _ lease: Lease) async throws {
        let row = try await lease.run("SELECT slug, status FROM core.tenants WHERE id = \(tenant) FOR UPDATE").first
        guard let row else { throw Problem.notFound }
        guard try row.get("slug", as: String.self) == confirmation else {
            throw Problem.validation(
                [.init(pointer: "/confirm", code: "confirmation", detail: "must be the tenant's slug")],
                code: "confirmation_differs")
        }
        guard try row.get("status", as: String.self) == "suspended" else {
            throw Problem.conflict("Suspend the tenant first.", code: "tenant_active")
        }
    }
}

/// The slug once more.
struct ErasureConfirmation: RequestPayload {
    let confirm: String

    static let schema = Schema(
        "ErasureConfirmation",
        [Field("confirm", .text(1...63), required: true, example: "acme", summary: "The tenant's slug.")])

    init(_ record: Record) throws {
        confirm = try record["confirm"]
    }
}

/// The proof that a tenant is gone.
enum ErasurePayload: Payload {
    static let schema = Schema(
        "Erasure",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-00000000000c"),
            Field("tenant_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field(
                "proof", .json(maximumBytes: 1_000_000),
                example: ["conversations.messages": ["erased": 12, "left": 0]],
                summary: "For each table the rows that were erased, and those counted afterwards."),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}
