import Cryptography
import Foundation
import Identity
import Testing

@Suite("A token with a right signature is refused for its claims")
struct TokenClaimsTests {
    @Test("when a claim is missing", arguments: ["iss", "role", "sub", "tid", "sid", "jti", "iat", "nbf", "exp"])
    func missing(name: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: [name: ""])) == .claimsInvalid)
    }

    @Test(
        "A44: when a claim stands twice, in either order and with either value",
        arguments: TokenForge.claims.keys.sorted())
    func duplicate(name: String) throws {
        let value = try #require(TokenForge.claims[name])
        let payload = String(TokenForge.payload().dropLast())
        for other in [value, #""0198a2b3-c4d5-7e6f-8a1b-ffffffffffff""#, "1790000500"] {
            let last = TokenForge.token(payload: payload + ",\"\(name)\":\(other)}")
            let first = TokenForge.token(payload: "{\"\(name)\":\(other)," + payload.dropFirst() + "}")
            #expect(try TokenForge.refusal(of: last) == .claimsInvalid)
            #expect(try TokenForge.refusal(of: first) == .claimsInvalid)
        }
    }

    @Test("when a claim stands twice behind an escape")
    func escapedDuplicate() throws {
        let payload = String(TokenForge.payload().dropLast()) + #","\u0074id":"0198a2b3-c4d5-7e6f-8a1b-ffffffffffff"}"#
        #expect(try TokenForge.refusal(of: TokenForge.token(payload: payload)) == .claimsInvalid)
    }

    @Test(
        "when an id is anything but a lower-case UUID", arguments: ["tid", "sid", "sub", "jti"],
        [
            "\"\"", "1", "-1", "1.5", "true", "null", "[]", "{}", "[\"\(TokenForge.tenant)\"]",
            "[\"\(TokenForge.tenant)\",1]",
            "{\"id\":\"\(TokenForge.tenant)\"}", "\"\(TokenForge.tenant.uppercased())\"", "\"{\(TokenForge.tenant)}\"",
            "\"urn:uuid:\(TokenForge.tenant)\"", "\" \(TokenForge.tenant)\"", "\"\(TokenForge.tenant) \"",
            "\"\(TokenForge.tenant.replacing("-", with: ""))\"", "\"\(TokenForge.tenant.replacing("a", with: "а"))\"",
            "\"\(TokenForge.tenant.replacing("0", with: "０"))\"", "\"\(TokenForge.tenant.replacing("-", with: "‐"))\"",
            "\"\(TokenForge.tenant.replacing("a", with: "\\u0061"))\"", "\"\(TokenForge.tenant)\\u0000\"",
            "\"\(TokenForge.tenant.dropLast())\"", "\"\(TokenForge.tenant)0\"",
            "\"0198a2b3c-4d5-7e6f-8a1b-2c3d4e5f6a7b\"",
            "\"0198a2b3-c4d5-7e6f-8a1b-2c3d4e5f6a7g\"", "\"\(TokenForge.tenant.replacing("a", with: "a\u{301}"))\"",
        ]
    )
    func ids(name: String, value: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: [name: value])) == .claimsInvalid)
    }

    @Test(
        "A45: when a time is anything but a whole number of seconds", arguments: ["exp", "nbf", "iat"],
        [
            "\"1790000000\"", "1790000000.0", "1790000000.5", "1.79e9", "1E10", "-1", "-1790000000", "-0.0",
            "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "253402300800", "99999999999999999999999999999999", "01790000000", "+1790000000", "0x6AB13B00", "NaN",
            "Infinity", "true", "null", "[1790000000]", "{}", "--1", "-", "1790000000 ", "1 790 000 000",
        ]
    )
    func times(name: String, value: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: [name: value])) == .claimsInvalid)
    }

    @Test("when it ends before it begins", arguments: ["nbf", "iat"])
    func order(name: String) throws {
        #expect(
            try TokenForge.refusal(of: TokenForge.token(claims: [name: "1790000010", "exp": "1790000005"]))
                == .claimsInvalid)
    }

    @Test(
        "A46: when the audience is missing, not a string, or another",
        arguments: [
            ("", TokenError.audienceRefused), ("\"operator\"", .audienceRefused), ("\"widget\"", .audienceRefused),
            ("\"API\"", .audienceRefused), ("\"api \"", .audienceRefused), ("\"\"", .audienceRefused),
            ("1", .audienceRefused), ("[\"api\"]", .claimsInvalid), ("[]", .claimsInvalid), ("null", .claimsInvalid),
            ("[\"api\",\"operator\"]", .claimsInvalid), ("\"аpi\"", .claimsInvalid), ("\"\\u0061pi\"", .claimsInvalid),
        ]
    )
    func audience(value: String, error: TokenError) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: ["aud": value])) == error)
    }

    @Test("when the operator's token names a tenant, or a tenant's token is shown to the operator's API")
    func operatorAudience() throws {
        let withTenant = TokenForge.token(claims: ["aud": "\"operator\""])
        #expect(try TokenForge.refusal(of: withTenant, audience: .operator) == .claimsInvalid)
        #expect(try TokenForge.refusal(of: TokenForge.token(), audience: .operator) == .audienceRefused)
        let withoutTenant = TokenForge.token(claims: ["aud": "\"operator\"", "tid": ""])
        #expect(try TokenForge.refusal(of: withoutTenant, audience: .operator) == nil)
    }

    @Test(
        "when the issuer is another",
        arguments: ["\"https://desk.example/\"", "\"http://desk.example\"", "\"HTTPS://desk.example\"", "\"\""]
    )
    func issuer(value: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: ["iss": value])) == .issuerRefused)
    }

    @Test(
        "when the role has no form of a role",
        arguments: ["\"\"", "\"Agent\"", "\"a b\"", "1", "[\"agent\"]", "\"агент\""])
    func role(value: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: ["role": value])) == .claimsInvalid)
    }

    @Test(
        "when the payload is no flat object",
        arguments: [
            "[]", "[\(TokenForge.payload())]", "null", "\"x\"", "1", "{}", "{", "not json",
            TokenForge.payload() + " ", TokenForge.payload() + "{}", TokenForge.payload(["scope": "[\"a\"]"]),
            TokenForge.payload(["act": "{\"sub\":\"x\"}"]), TokenForge.payload(["flag": "true"]),
            "{" + (0..<33).map { "\"k\($0)\":1" }.joined(separator: ",") + "}",
        ]
    )
    func payload(text: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(payload: text)) == .claimsInvalid)
    }

    @Test(
        "when it is too early or too late, but for 30 seconds between clocks",
        arguments: [
            (-31.0, TokenError.notYetValid), (-30.0, nil), (-1.0, nil), (0.0, nil), (599.0, nil), (600.0, nil),
            (629.0, nil),
            (630.0, .expired), (631.0, .expired), (1e9, .expired), (-1e9, .notYetValid),
        ]
    )
    func validity(seconds: Double, error: TokenError?) throws {
        let now = TokenForge.now.addingTimeInterval(seconds)
        #expect(try TokenForge.refusal(of: TokenForge.token(), now: now) == error)
    }

    @Test("when only one of nbf and iat lies in the future", arguments: ["nbf", "iat"])
    func future(name: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: [name: "1790000031"])) == .notYetValid)
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: [name: "1790000030"])) == nil)
    }
}
