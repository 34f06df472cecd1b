internal import Cryptography
internal import Foundation
package import PluginKit
internal import Postgres
internal import Tenancy

/// A key with which a tenant's own system says who its customers are.
package enum CustomerKey {}

/// The keys of tenants for their customers' identities. A secret is derived from the master secret and the key's id, so
/// none is stored.
package struct CustomerKeys: Sendable {
    /// One answer for whatever does not hold: the tenant, the signature or its time.
    private static let refused = Problem(
        status: 401, code: "identity_refused", detail: "The tenant, the signature or its time does not hold.")
    /// How far ahead a signature may end.
    private static let longestSignature: Duration = .seconds(86_400)
    /// How long the keys before a new one stay in force.
    private static let overlap: Duration = .seconds(86_400)
    /// The most keys of a tenant that are in force at once.
    private static let maximumCount = 5

    private let pipeline: PipelineConnection
    private let master: MasterSecret

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, master: MasterSecret) {
        self.pipeline = pipeline
        self.master = master
    }

    /// The keys of a tenant that are in force, newest first.
    func list(of tenant: TenantID) async throws -> Page<CustomerKeyPayload> {
        Page(
            try await pipeline.runForCaller([
                """
                SELECT id, ends_at, created_at
                FROM core.customer_keys
                WHERE tenant_id = \(tenant) AND (ends_at IS NULL OR ends_at > now())
                ORDER BY created_at DESC, id DESC
                """
            ])[0].rows.map { row in
                try Resource([
                    "id": .string(try row.get("id", as: ID<CustomerKey>.self).description),
                    "ends_at": (try row.get("ends_at", as: Timestamp?.self)).map { .string($0.description) } ?? .null,
                    "created_at": .string(try row.get("created_at", as: Timestamp.self).description),
                ])
            })
    }

    /// Makes a key, whose secret is shown this once; those before it end in a day. It is the tenant's own: it stays when
    /// the person who made it goes.
    ///
    /// - Throws: `Problem` 409 `limit_reached` when the tenant has as many as it may; 403 `role_forbidden` when the caller
    ///   is no longer who they were.
    func create(by call: Call) async throws -> Resource<CreatedCustomerKeyPayload> {
        let (tenant, id) = (call.tenant, ID<CustomerKey>.make())
        let end = Timestamp.now().advanced(by: CustomerKeys.overlap)
        let results = try await pipeline.runForCaller([
            .lock(tenant),
            "DELETE FROM core.customer_keys WHERE tenant_id = \(tenant) AND ends_at <= now()",
            """
            INSERT INTO core.customer_keys (tenant_id, id)
            SELECT \(tenant), \(id)
            WHERE (SELECT count(*) FROM core.customer_keys WHERE tenant_id = \(tenant)) < \(CustomerKeys.maximumCount)
              AND \(Members.isStanding(call))
            RETURNING id, ends_at, created_at, \(secret(id, tenant))::text AS secret
            """,
            """
            UPDATE core.customer_keys
            SET ends_at = \(end)
            WHERE tenant_id = \(tenant) AND id <> \(id) AND ends_at IS NULL
              AND EXISTS (SELECT FROM core.customer_keys WHERE tenant_id = \(tenant) AND id = \(id))
            """,
        ])
        guard !results[2].isEmpty else {
            try await pipeline.requireStanding(call)
            throw Problem.conflict(
                "A tenant may have \(CustomerKeys.maximumCount) keys at once.", code: "limit_reached")
        }
        return try Resource(results[2])
    }

    /// Ends a key at once; the tokens that were made by it end in ten minutes at most.
    ///
    /// - Throws: `Problem.notFound`.
    func end(_ id: ID<CustomerKey>, of tenant: TenantID) async throws {
        let result = try await pipeline.runForCaller([
            "DELETE FROM core.customer_keys WHERE tenant_id = \(tenant) AND id = \(id)"
        ])[0]
        guard result.affected == 1 else { throw Problem.notFound }
    }

    /// The tenant that has signed a customer's identity, and by which key.
    ///
    /// - Throws: `Problem` 401 `identity_refused`.
    package func tenant(of identity: CustomerIdentity) async throws -> (tenant: TenantID, key: ID<CustomerKey>) {
        let rows = try await pipeline.runForCaller([
            """
            SELECT k.tenant_id, k.id
            FROM core.tenants t
            JOIN core.customer_keys k ON k.tenant_id = t.id AND (k.ends_at IS NULL OR k.ends_at > now())
            WHERE t.slug = \(identity.tenant) AND t.status = 'active'
            ORDER BY k.id DESC
            LIMIT \(CustomerKeys.maximumCount)
            """
        ])[0].rows
        let (now, end) = (Timestamp.now().seconds, Int64(identity.expiresAt))
        let isTimely = now < end && end <= now + CustomerKeys.longestSignature.components.seconds
        let signature = Hex.decode(identity.signature) ?? []
        for row in rows {
            let (tenant, id) = (
                try row.get("tenant_id", as: TenantID.self), try row.get("id", as: ID<CustomerKey>.self)
            )
            let key = HMACSHA256(key: Array(secret(id, tenant).utf8))
            if key.isValid(signature, for: Array(identity.signedText.utf8)), isTimely { return (tenant, id) }
        }
        throw CustomerKeys.refused
    }

    /// A secret of 256 bits, which the tenant's system takes as it is: the bytes of this text are the key.
    private func secret(_ id: ID<CustomerKey>, _ tenant: TenantID) -> String {
        "rmc_" + Hex.encode(master.derive("customer-identity/\(tenant)/\(id)"))
    }
}
