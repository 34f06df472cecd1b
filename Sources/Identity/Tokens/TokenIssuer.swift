package import Foundation

/// Issues access tokens: JWT (RFC 7519), HS256, with the name of the key in the header.
package struct TokenIssuer: Sendable {
    /// How long a token is valid, in seconds: ten minutes.
    package static let lifetime: TimeInterval = 600

    private let issuer: String
    private let keys: TokenKeySet

    /// - Parameters:
    ///   - issuer: The installation's name or address, 1 to 255 printable ASCII characters without `"` and `\`.
    ///   - keys: The keys, of which the active one signs.
    package init(issuer: String, keys: TokenKeySet) {
        self.issuer = issuer
        self.keys = keys
    }

    /// A token that begins at `now` and ends after `lifetime`, or when its key does.
    ///
    /// - Parameters:
    ///   - audience: Whom the token is meant for.
    ///   - subject: The account or profile that acts.
    ///   - tenant: The tenant acted in; `nil` exactly for the operator's audience.
    ///   - session: The session the token belongs to.
    ///   - role: 1 to 64 of `a–z`, `0–9`, `_`, `-`, `.` and `:`.
    ///   - epoch: How often the subject's role or status had changed.
    ///   - impersonator: The operator who acts as the subject.
    ///   - lifetime: In seconds, ten minutes at most.
    ///   - now: The present, from the caller's clock.
    /// - Throws: `TokenError.claimsInvalid` for what our own verifier would refuse, `.keyInactive`, `.signingFailed`.
    package func issue(
        audience: TokenAudience,
        subject: UUID,
        tenant: UUID?,
        session: UUID,
        role: String,
        epoch: Int64 = 0,
        impersonator: AccessToken.Impersonator? = nil,
        lifetime: TimeInterval = TokenIssuer.lifetime,
        now: Date
    ) throws(TokenError) -> String {
        let key = keys.active
        guard key.notBefore <= now, now < key.notAfter else { throw .keyInactive }
        guard (tenant != nil) == audience.namesTenant, AccessToken.isRole(role), Self.isIssuer(issuer) else {
            throw .claimsInvalid
        }
        let claims = AccessToken(
            issuer: issuer, audience: audience, subject: subject, tenant: tenant, session: session, role: role,
            epoch: epoch, impersonator: impersonator, id: UUID(), issuedAt: now, notBefore: now,
            expiresAt: min(now.addingTimeInterval(min(lifetime, Self.lifetime)), key.notAfter)
        )
        return try SignedToken.make(claims, key: key)
    }

    private static func isIssuer(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }
}
