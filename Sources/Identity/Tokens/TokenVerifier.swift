package import Foundation

/// Decides whether a token is ours, is meant for this audience, and is valid now.
///
/// The library checks a signature and nothing else, so every step around it is taken here, in this order:
/// size, segments and strict base64url; our own reading of the header; the key by its name; the algorithm byte for
/// byte; the key's length; the signature; the algorithm the library used; the claims; the cache. Every refusal has its
/// code, for logs; callers outside should see one answer for all.
package struct TokenVerifier: Sendable {
    private let issuer: String
    private let keys: TokenKeySet
    private let cache: TokenCache

    /// - Parameters:
    ///   - issuer: What `iss` must say.
    ///   - keys: The keys tokens may be signed with. After a rotation make a new verifier; the cache goes with the old.
    ///   - cacheCapacity: How many verified tokens are remembered.
    package init(issuer: String, keys: TokenKeySet, cacheCapacity: Int = 10_000) {
        self.issuer = issuer
        self.keys = keys
        cache = TokenCache(capacity: cacheCapacity)
    }

    /// How many verified tokens are remembered.
    package var cachedCount: Int { cache.count }

    /// What `token` says, if it is valid for `audience` at `now`, give or take 30 seconds between clocks.
    ///
    /// - Throws: The `TokenError` of the first step that fails.
    package func verify(
        _ token: String,
        audience: TokenAudience,
        now: Date
    ) throws(TokenError) -> AccessToken {
        try verify(token, audiences: [audience], now: now)
    }

    /// The same for whichever of several audiences the token names; the caller looks which it is.
    package func verify(
        _ token: String,
        audiences: [TokenAudience],
        now: Date
    ) throws(TokenError) -> AccessToken {
        guard token.utf8.count <= CompactToken.maximumByteCount else { throw .tooLarge }
        let fingerprint = TokenFingerprint(token)
        if let known = cache.token(for: fingerprint, now: now) {
            guard audiences.contains(known.audience) else { throw .audienceRefused }
            return known
        }
        let compact = try CompactToken(token)
        let key = try key(for: TokenHeader(compact.header), now: now)
        // Before the library's JSON parser, which is more lenient and whose failure looks like a wrong signature.
        guard let claims = FlatJSONObject(compact.payload) else { throw .claimsInvalid }
        try SignedToken.verify(token, key: key)
        let verified = try AccessToken(claims, issuer: issuer, audiences: audiences)
        try Self.checkTimes(of: verified, now: now)
        cache.insert(verified, for: fingerprint, validity: Self.validity(of: verified, key: key), now: now)
        return verified
    }

    /// The key the header names, if it is in use and the header spells its algorithm.
    private func key(for header: TokenHeader, now: Date) throws(TokenError) -> TokenKey {
        guard let key = keys.key(named: header.keyName) else { throw .keyUnknown }
        guard header.algorithm.utf8.elementsEqual(TokenKey.algorithm.utf8) else { throw .algorithmRefused }
        guard key.notBefore.addingTimeInterval(-TokenTime.skew) <= now, now < key.notAfter else { throw .keyInactive }
        return key
    }

    private static func checkTimes(of token: AccessToken, now: Date) throws(TokenError) {
        guard token.notBefore <= token.expiresAt, token.issuedAt <= token.expiresAt else { throw .claimsInvalid }
        guard now < token.expiresAt.addingTimeInterval(TokenTime.skew) else { throw .expired }
        let horizon = now.addingTimeInterval(TokenTime.skew)
        guard token.notBefore <= horizon, token.issuedAt <= horizon else { throw .notYetValid }
    }

    /// When the cache may answer: never before the token's or the key's beginning, nor past the end of either, and
    /// without the tolerance for clocks.
    private static func validity(of token: AccessToken, key: TokenKey) -> Range<Date> {
        let start = max(token.notBefore, token.issuedAt, key.notBefore)
        return start..<max(start, min(token.expiresAt, key.notAfter))
    }
}
