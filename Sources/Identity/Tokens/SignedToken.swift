import CJWT
import Foundation

/// Signing and verifying through libjwt, the only file that touches it.
///
/// libjwt 1.10 accepts any token when the key is missing, lets the token choose the algorithm, and checks no claim. So
/// the key is never empty here, the algorithm is compared after decoding, and the claims are ours to read.
enum SignedToken {
    /// Signs `claims` with `key`, whose name goes into the header.
    ///
    /// - Throws: `TokenError.signingFailed`.
    static func make(_ claims: AccessToken, key: TokenKey) throws(TokenError) -> String {
        var handle: OpaquePointer?
        guard jwt_new(&handle) == 0 else { throw .signingFailed }
        defer { jwt_free(handle) }

        let isComplete =
            jwt_set_alg(handle, JWT_ALG_HS256, key.secret, Int32(key.secret.count)) == 0
            && jwt_add_header(handle, "kid", key.id.rawValue) == 0
            && strings(of: claims).allSatisfy { jwt_add_grant(handle, $0.name, $0.value) == 0 }
            && times(of: claims).allSatisfy { time in
                TokenTime.seconds(of: time.value).map { jwt_add_grant_int(handle, time.name, Int($0)) } == 0
            }
            && jwt_add_grant_int(handle, "epoch", Int(claims.epoch)) == 0
        guard isComplete, let text = jwt_encode_str(handle) else { throw .signingFailed }
        defer { free(text) }
        return String(cString: text)
    }

    /// Verifies the signature of `token` with `key`, and that the algorithm the library used is HS256.
    ///
    /// - Throws: `TokenError.keyUnfit`, `.signatureInvalid` or `.algorithmRefused`.
    static func verify(_ token: String, key: TokenKey) throws(TokenError) {
        guard key.secret.count >= TokenKey.minimumByteCount else { throw .keyUnfit }
        var handle: OpaquePointer?
        guard jwt_decode(&handle, token, key.secret, Int32(key.secret.count)) == 0, handle != nil else {
            throw .signatureInvalid
        }
        defer { jwt_free(handle) }
        guard jwt_get_alg(handle) == JWT_ALG_HS256 else { throw .algorithmRefused }
    }

    private static func strings(of claims: AccessToken) -> [(name: String, value: String)] {
        var strings = [
            ("iss", claims.issuer), ("aud", claims.audience.rawValue), ("role", claims.role),
            ("sub", CanonicalUUID.text(claims.subject)), ("sid", CanonicalUUID.text(claims.session)),
            ("jti", CanonicalUUID.text(claims.id)),
        ]
        if let tenant = claims.tenant { strings.append(("tid", CanonicalUUID.text(tenant))) }
        if let impersonator = claims.impersonator {
            strings.append(("act", CanonicalUUID.text(impersonator.id)))
            strings.append(("act_mode", impersonator.mayWrite ? "write" : "read"))
        }
        return strings
    }

    private static func times(of claims: AccessToken) -> [(name: String, value: Date)] {
        [("iat", claims.issuedAt), ("nbf", claims.notBefore), ("exp", claims.expiresAt)]
    }
}
