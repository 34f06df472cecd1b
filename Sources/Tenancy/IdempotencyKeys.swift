package import Cryptography
package import Foundation
package import PluginKit
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

    /// Whose key it is; the same key of somebody else is another one.
    package enum Owner: Sendable {
        /// An actor of a tenant.
        case session(TenantSession)
        /// An operator.
        case `operator`(UUID)
        /// The commands of a module, whoever asks for them.
        case commands(of: ModuleName, TenantID)

        fileprivate var table: SQL {
            switch self {
            case .session, .commands: "core.idempotency_keys"
            case .operator: "core.operator_idempotency_keys"
            }
        }

        fileprivate var condition: SQL {
            switch self {
            case .session(let session): "tenant_id = \(session.tenant) AND actor_id = \(session.actor.id)"
            case .operator(let id): "operator_id = \(id)"
            case .commands(let module, let tenant):
                "tenant_id = \(tenant) AND actor_id = core.commands_owner(\(module.description))"
            }
        }

        fileprivate func claiming(_ claim: IdempotencyClaim) -> [SQL] {
            switch self {
            case .session(let session):
                [
                    """
                    INSERT INTO core.idempotency_keys (tenant_id, actor_id, key_hash, fingerprint)
                    VALUES (\(session.tenant), \(session.actor.id), \(claim.keyHash), \(claim.fingerprint))
                    """
                ]
            case .commands(let module, let tenant):
                [
                    """
                    INSERT INTO core.idempotency_keys (tenant_id, actor_id, key_hash, fingerprint)
                    VALUES (\(tenant), core.commands_owner(\(module.description)), \(claim.keyHash),
                            \(claim.fingerprint))
                    """
                ]
            case .operator(let id):
                [
                    """
                    DELETE FROM core.operator_idempotency_keys
                    WHERE operator_id = \(id) AND created_at < now() - interval '1 day'
                    """,
                    """
                    INSERT INTO core.operator_idempotency_keys (operator_id, key_hash, fingerprint)
                    VALUES (\(id), \(claim.keyHash), \(claim.fingerprint))
                    """,
                ]
            }
        }
    }

    private let pipeline: PipelineConnection
    /// Makes of a request what is kept of it, to know it again.
    package let fingerprints: HMACSHA256

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, master: MasterSecret) {
        self.pipeline = pipeline
        fingerprints = HMACSHA256(key: master.derive("idempotency"))
    }

    /// Claims a key for a request whose handler's transactions did not: it opens no `TenantTx`, or is a command that read.
    ///
    /// - Throws: `IdempotencyClaim.Taken`; `Problem` 503 when the database does not answer.
    package func take(_ claim: IdempotencyClaim, _ owner: Owner) async throws {
        _ = try await ProblemMapping.translate {
            try await claim.carry { _ in try await pipeline.run(owner.claiming(claim)) }
        }
    }

    /// Gives a key back that was taken for a request which then changed nothing.
    package func release(_ claim: IdempotencyClaim, _ owner: Owner) async throws {
        _ = try await pipeline.runForCaller([
            """
            DELETE FROM \(owner.table)
            WHERE \(owner.condition) AND key_hash = \(claim.keyHash)
            """
        ])
    }

    /// Keeps the answer of a request, and what it was asked for.
    package func store(
        status: Int, _ body: [UInt8], _ claim: IdempotencyClaim, _ owner: Owner
    ) async throws {
        _ = try await pipeline.runForCaller([
            """
            UPDATE \(owner.table)
            SET status = \(status)::int2, answer = \(body), fingerprint = \(claim.fingerprint)
            WHERE \(owner.condition) AND key_hash = \(claim.keyHash)
            """
        ])
    }

    /// What the request that holds a key came to.
    package func outcome(_ claim: IdempotencyClaim, _ owner: Owner) async throws -> Outcome {
        let row = try await pipeline.runForCaller([
            """
            SELECT fingerprint, status::int8, answer,
                   (EXTRACT(epoch FROM now() - created_at) * 1000)::int8 AS milliseconds
            FROM \(owner.table)
            WHERE \(owner.condition) AND key_hash = \(claim.keyHash)
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
