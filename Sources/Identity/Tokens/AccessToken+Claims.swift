import Foundation

extension AccessToken {
    /// Reads the claims of a token whose signature is verified, and checks their form, not yet their time.
    ///
    /// Claims of other names are allowed, so that an older node accepts the tokens of a newer one.
    ///
    /// - Throws: `TokenError.claimsInvalid`, `.issuerRefused` or `.audienceRefused`.
    init(_ claims: FlatJSONObject, issuer: String, audiences: [TokenAudience]) throws(TokenError) {
        guard let claimedIssuer = claims.string("iss") else { throw .claimsInvalid }
        guard claimedIssuer == issuer else { throw .issuerRefused }
        guard let claimedAudience = claims.string("aud"),
            let audience = audiences.first(where: { $0.rawValue == claimedAudience })
        else { throw .audienceRefused }
        guard let role = claims.string("role"), Self.isRole(role) else { throw .claimsInvalid }
        guard (claims["tid"] != nil) == audience.namesTenant else { throw .claimsInvalid }

        self.issuer = issuer
        self.audience = audience
        self.role = role
        tenant = audience.namesTenant ? try Self.id("tid", in: claims) : nil
        subject = try Self.id("sub", in: claims)
        epoch = claims.integer("epoch") ?? 0
        impersonator = try Self.impersonator(in: claims)
        session = try Self.id("sid", in: claims)
        id = try Self.id("jti", in: claims)
        issuedAt = try Self.time("iat", in: claims)
        notBefore = try Self.time("nbf", in: claims)
        expiresAt = try Self.time("exp", in: claims)
    }

    private static func impersonator(in claims: FlatJSONObject) throws(TokenError) -> Impersonator? {
        guard claims["act"] != nil || claims["act_mode"] != nil else { return nil }
        guard let mode = claims.string("act_mode"), ["read", "write"].contains(mode) else { throw .claimsInvalid }
        return Impersonator(id: try id("act", in: claims), mayWrite: mode == "write")
    }

    private static func id(_ name: String, in claims: FlatJSONObject) throws(TokenError) -> UUID {
        guard let text = claims.string(name), let id = CanonicalUUID.parse(text) else { throw .claimsInvalid }
        return id
    }

    private static func time(_ name: String, in claims: FlatJSONObject) throws(TokenError) -> Date {
        guard let seconds = claims.integer(name), TokenTime.range.contains(seconds) else { throw .claimsInvalid }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }
}
