internal import Cryptography
internal import PluginKit
package import Postgres
package import Tenancy

/// Changes the signing key of access tokens without an outage: the new one is known everywhere before it signs, and the
/// old one verifies until its last token has ended.
package struct TokenKeyRotation: Sendable {
    /// How long a new key waits: longer than any process takes to learn of it.
    private static let delay: Duration = .seconds(5)
    /// How long an old key verifies after the new one signs: a token's life, and the skew of clocks.
    private static let overlap: Duration = .seconds(660)

    private let pipeline: PipelineConnection
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, control: ControlPlane) {
        self.pipeline = pipeline
        self.control = control
    }

    /// Makes a new key and gives the others their end.
    ///
    /// - Parameter isEmergency: the others end now, and with them every access token; refresh tokens stay.
    /// - Returns: the new key.
    package func rotate(isEmergency: Bool = false) async throws -> TokenKeyRecord {
        let now = Timestamp.now()
        let id = "k\(Hex.encode(RandomBytes.generate(4)))"
        let start = isEmergency ? now : now.advanced(by: TokenKeyRotation.delay)
        let end = isEmergency ? now : start.advanced(by: TokenKeyRotation.overlap)
        _ = try await pipeline.runForCaller([
            "DELETE FROM core.token_keys WHERE ends_at < now()",
            // One that was to end later, after a rotation a moment ago, does not outlive an emergency.
            "UPDATE core.token_keys SET ends_at = \(end) WHERE ends_at IS NULL OR ends_at > \(end)",
            "INSERT INTO core.token_keys (id, signs_from) VALUES (\(id), \(start))",
            "SELECT core.record_change('token_key', NULL, \(id))",
        ])
        try await control.refreshForCaller()
        return TokenKeyRecord(id: id, signsFrom: start, endsAt: nil)
    }
}
