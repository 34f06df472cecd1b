internal import Cryptography
package import PluginKit
package import Postgres
internal import Tenancy

/// Whoever runs the installation.
package enum Operator {}

/// Tokens of operators: `rmo_<id>_<secret>`; only a hash is stored.
package struct OperatorTokens: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// Makes a token, which is shown this once.
    package func issue(name: String, lifetime: Duration) async throws -> String {
        let id = ID<Operator>.make()
        let secret = Base64URL.encode(RandomBytes.generate(32))
        _ = try await pipeline.run([
            """
            INSERT INTO core.operator_tokens (id, hash, name, expires_at)
            VALUES (\(id), \(SHA256.digest(secret)), \(name), \(Timestamp.now().advanced(by: lifetime)))
            """
        ])
        return "rmo_\(id)_\(secret)"
    }

    /// Ends a token, and what its holder does in members' places within a second.
    ///
    /// - Returns: whether there was one.
    package func revoke(_ id: ID<Operator>) async throws -> Bool {
        let result = try await pipeline.run([
            "UPDATE core.operator_tokens SET revoked_at = now() WHERE id = \(id) AND revoked_at IS NULL",
            """
            UPDATE core.impersonations
            SET ended_at = now()
            WHERE operator_id = \(id) AND ended_at IS NULL AND expires_at > now()
            """,
            // Only this transaction has that time.
            .tellingOfEnds(in: "core.impersonations", where: "operator_id = \(id) AND ended_at = now()"),
        ])
        return result[0].affected == 1
    }

    /// The id in a token's text; nil for what is none.
    package static func id(of text: String) -> ID<Operator>? { parts(of: text)?.id }

    /// A secret may hold the character that parts them.
    private static func parts(of text: String) -> (id: ID<Operator>, secret: String)? {
        let parts = text.split(separator: "_", maxSplits: 2)
        guard text.utf8.count <= 128, parts.count == 3, parts[0] == "rmo", let id = ID<Operator>(parts[1]) else {
            return nil
        }
        return (id, String(parts[2]))
    }

    /// Whose token this is; nil when it is wrong, expired or revoked.
    package func verify(_ text: String) async throws -> ID<Operator>? {
        guard let (id, secret) = OperatorTokens.parts(of: text) else { return nil }
        let results = try await pipeline.runForCaller(
            [
                """
                SELECT hash
                FROM core.operator_tokens
                WHERE id = \(id) AND revoked_at IS NULL AND expires_at > now()
                """
            ], isReplayable: true)
        guard let hash: [UInt8] = try results[0].first?.get("hash"),
            ConstantTime.equal(hash, SHA256.digest(secret))
        else { return nil }
        return id
    }
}
