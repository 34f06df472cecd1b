import Cryptography
import Foundation
import Identity

/// Makes tokens by hand, honest and crooked, and the verifier that is to judge them.
struct TokenForge {
    static let issuer = "https://desk.example"
    static let now = Date(timeIntervalSince1970: 1_790_000_000)
    static let secret = [UInt8](0...31)
    static let tenant = "0198a2b3-c4d5-7e6f-8a1b-2c3d4e5f6a7b"

    /// The header every honest token has.
    static let header = #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#

    /// The claims every honest token has, as JSON texts of the values.
    static let claims = [
        "iss": #""https://desk.example""#, "aud": #""api""#, "role": #""agent""#,
        "sub": #""0198a2b3-c4d5-7e6f-8a1b-000000000001""#, "tid": "\"\(tenant)\"",
        "sid": #""0198a2b3-c4d5-7e6f-8a1b-000000000002""#, "jti": #""0198a2b3-c4d5-7e6f-8a1b-000000000003""#,
        "iat": "1790000000", "nbf": "1790000000", "exp": "1790000600",
    ]

    /// A verifier that knows the key `k1`.
    static func verifier(cacheCapacity: Int = 10_000) throws -> TokenVerifier {
        try TokenVerifier(issuer: issuer, keys: keys(), cacheCapacity: cacheCapacity)
    }

    /// The key set of the one key `k1`.
    static func keys() throws -> TokenKeySet {
        let id = try TokenKeyID("k1")
        return try TokenKeySet([TokenKey(id: id, secret: secret)], active: id)
    }

    /// The claims as JSON with some replaced; an empty text leaves a claim out.
    static func payload(_ changes: [String: String] = [:]) -> String {
        let members = claims.merging(changes) { $1 }.filter { !$0.value.isEmpty }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    /// A token of any header and payload, with a right HS256 signature of `secret`.
    static func token(header: String = header, payload: String = payload(), secret: [UInt8] = secret) -> String {
        let content = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return content + "." + Base64URL.encode(HMACSHA256.authenticate(Array(content.utf8), key: secret))
    }

    /// An honest token but for some claims.
    static func token(claims changes: [String: String]) -> String {
        token(payload: payload(changes))
    }

    /// Why `token` is refused at `now`, or `nil` if it is accepted.
    static func refusal(
        of token: String,
        audience: TokenAudience = .api,
        now: Date = now
    ) throws -> TokenError? {
        let verifier = try verifier()
        do throws(TokenError) {
            _ = try verifier.verify(token, audience: audience, now: now)
            return nil
        } catch {
            return error
        }
    }
}
