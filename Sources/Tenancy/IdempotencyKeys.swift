internal import PluginKit
package import Postgres

/// What requests under an idempotency key came to, for a day.
package struct IdempotencyKeys: Sendable {
    /// What is known of a key that is taken.
    package enum Outcome: Sendable {
        /// The same request was answered with this.
        case answered(status: Int, body: [UInt8])
        /// Another request used the key.
        case reused
        /// The same request is under way, or its answer was lost.
        case unanswered(age: Duration)
        /// The key is free again.
        case free
    }

    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// Claims a key for a request whose handler opens no `TenantTx` and so cannot carry the claim.
    ///
    /// - Throws: `IdempotencyClaim.Taken`.
    package func take(_ claim: IdempotencyClaim, _ session: TenantSession) async throws {
        _ = try await claim.carry { _ in
            try await pipeline.run([
                """
                INSERT INTO core.idempotency_keys (tenant_id, actor_id, key_hash, fingerprint)
                VALUES (\(session.tenant), \(session.actor.id), \(claim.keyHash), \(claim.fingerprint))
                """
            ])
        }
    }

    /// Gives a key back that was taken for a request which then changed nothing.
    package func release(_ claim: IdempotencyClaim, _ session: TenantSession) async throws {
        _ = try await pipeline.runForCaller([
            """
            DELETE FROM core.idempotency_keys
            WHERE tenant_id = \(session.tenant) AND actor_id = \(session.actor.id) AND key_hash = \(claim.keyHash)
            """
        ])
    }

    /// Keeps the answer of a request.
    package func store(
        status: Int, _ body: [UInt8], _ claim: IdempotencyClaim, _ session: TenantSession
    ) async throws {
        _ = try await pipeline.runForCaller([
            """
            UPDATE core.idempotency_keys
            SET status = \(status)::int2, answer = \(body)
            WHERE tenant_id = \(session.tenant) AND actor_id = \(session.actor.id) AND key_hash = \(claim.keyHash)
            """
        ])
    }

    /// What the request that holds a key came to.
    package func outcome(_ claim: IdempotencyClaim, _ session: TenantSession) async throws -> Outcome {
        let row = try await pipeline.runForCaller([
            """
            SELECT fingerprint, status::int8, answer,
                   (EXTRACT(epoch FROM now() - created_at) * 1000)::int8 AS milliseconds
            FROM core.idempotency_keys
            WHERE tenant_id = \(session.tenant) AND actor_id = \(session.actor.id) AND key_hash = \(claim.keyHash)
            """
        ])[0].first
        guard let row else { return .free }
        guard try row.get("fingerprint", as: [UInt8].self) == claim.fingerprint else { return .reused }
        guard let status = try row.get("status", as: Int?.self) else {
            return .unanswered(age: .milliseconds(try row.get("milliseconds", as: Int.self)))
        }
        return .answered(status: status, body: try row.get("answer", as: [UInt8]?.self) ?? [])
    }
}
