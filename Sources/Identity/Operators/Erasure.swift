package import Files
internal import PluginKit
package import Postgres
package import Tenancy

/// Removes a tenant with everything it has, and proves it.
package struct Erasure: Sendable {
    private let leases: LeasePool
    private let control: ControlPlane
    private let files: TenantFiles

    /// How long the rows of a tenant may take.
    private static let timeout: Duration = .seconds(600)

    /// - Parameter leases: from which a connection of the kernel's role `auth` is taken, because this may take long.
    package init(leases: LeasePool, control: ControlPlane, files: TenantFiles) {
        self.leases = leases
        self.control = control
        self.files = files
    }

    /// Erases a suspended tenant: its rows, then the contents of its files, which the proof counts under `files`.
    /// Every process forgets it within a second.
    ///
    /// The rows go first, so that nothing fails half-way in a tenant that could still be resumed. A content that cannot
    /// be removed just now is swept later; until then the proof says how many are left, or null.
    ///
    /// - Parameter confirmation: the tenant's slug, so that nobody erases the wrong one.
    /// - Throws: `Problem.notFound`; 409 `tenant_active` or `foreign_code`; 422 `confirmation_differs`.
    func erase(
        _ tenant: TenantID, confirmation: String, by operator: ID<Operator>
    ) async throws -> Resource<ErasurePayload> {
        let erasure = try await ProblemMapping.translate {
            try await IdempotencyClaim.notingWrite {
                try await eraseRows(of: tenant, confirmation: confirmation, by: `operator`)
            }
        }
        try await control.refreshForCaller()
        return try Resource(await addContents(of: tenant, to: erasure))
    }

    /// Erases the rows in one transaction.
    private func eraseRows(
        of tenant: TenantID, confirmation: String, by operator: ID<Operator>
    ) async throws -> ID<Void> {
        try await leases.withLease(as: KernelRole.auth.loginRole) { lease in
            try await lease.transaction { lease in
                try await lease.run(.statementLimit(within: Erasure.timeout))
                try await Erasure.require(tenant, confirmation, lease)
                let proof = try await lease.run(
                    "SELECT core.erase_tenant(\(tenant)) AS proof", timeout: Erasure.timeout)
                guard let row = proof.first else { throw Problem.notFound }
                let id = ID<Void>.make()
                try await lease.run(
                    """
                    INSERT INTO core.erasures (id, erased_tenant, operator_id, proof)
                    VALUES (\(id), \(tenant), \(`operator`), \(try row.get("proof", as: JSONValue.self)))
                    """)
                try await lease.run("SELECT core.record_change('tenant', \(tenant), 'erased')")
                return id
            }
        }
    }

    /// Removes the contents of the tenant's files, and says so in the proof.
    private func addContents(of tenant: TenantID, to erasure: ID<Void>) async throws -> ResultSet {
        let count = await files.erase(tenant)
        let files: JSONValue = [
            "files": [
                "erased": count.map { .integer(Int64($0.erased)) } ?? .null,
                "left": count.map { .integer(Int64($0.left)) } ?? .null,
            ]
        ]
        return try await ProblemMapping.translate {
            try await leases.withLease(as: KernelRole.auth.loginRole) { lease in
                try await lease.run(
                    """
                    UPDATE core.erasures
                    SET proof = proof || \(files)
                    WHERE id = \(erasure)
                    RETURNING id, erased_tenant AS tenant_id, proof, created_at
                    """)
            }
        }
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
                summary:
                    "For each table, and for the contents of files, what was erased and what was counted afterwards."),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}
