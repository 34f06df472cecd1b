import Cryptography
import Foundation
import Identity
import Testing

@Suite("A token is refused for its header")
struct TokenHeaderTests {
    private static func header(alg: String = #""HS256""#, kid: String = #""k1""#, rest: String = "") -> String {
        #"{"alg":\#(alg),"kid":\#(kid),"typ":"JWT"\#(rest)}"#
    }

    @Test(
        "when the algorithm is not HS256 byte for byte, though the signature is right",
        arguments: [
            "none", "None", "NONE", "nOnE", "", "hs256", "Hs256", "HS256 ", " HS256", "HS384", "HS512", "RS256",
            "ES256",
            "ES384", "PS256", "EdDSA", "HS2560",
        ]
    )
    func algorithm(name: String) throws {
        let token = TokenForge.token(header: Self.header(alg: "\"\(name)\""))
        #expect(try TokenForge.refusal(of: token) == .algorithmRefused)
    }

    @Test("A39: when it says none, with no signature or any", arguments: ["none", "None", "NONE"], ["", "AA"])
    func none(name: String, signature: String) throws {
        let parts = TokenForge.token(header: Self.header(alg: "\"\(name)\"")).split(separator: ".")
        let token = "\(parts[0]).\(parts[1]).\(signature)"
        #expect(try TokenForge.refusal(of: token) == (signature.isEmpty ? .malformed : .algorithmRefused))
    }

    @Test(
        "A41: when another algorithm signed it rightly with our key, or with a key of its own",
        arguments: ForeignTokens.all)
    func swap(_ foreign: ForeignTokens.Case) throws {
        #expect(try TokenForge.refusal(of: foreign.token) == .algorithmRefused)
    }

    @Test("A40: when the public key of somebody served as secret")
    func publicKeyAsSecret() throws {
        let token = TokenForge.token(secret: Array(ForeignTokens.publicKey.utf8))
        #expect(try TokenForge.refusal(of: token) == .signatureInvalid)
    }

    @Test("A42: when an empty key, or a key of zeros, served as secret", arguments: [0, 32])
    func emptyKey(count: Int) throws {
        let token = TokenForge.token(secret: [UInt8](repeating: 0, count: count))
        #expect(try TokenForge.refusal(of: token) == .signatureInvalid)
    }

    @Test(
        "A43: when the key is unknown, however it is spelled",
        arguments: [
            "k2", "K1", "", " k1", "k1 ", "../k1", "../../../dev/null", "/dev/null", "/etc/passwd", "k1' OR '1'='1",
            "https://evil.example/k1", "*", "k1.",
        ]
    )
    func unknownKey(name: String) throws {
        let token = TokenForge.token(header: Self.header(kid: "\"\(name)\""))
        #expect(try TokenForge.refusal(of: token) == .keyUnknown)
    }

    @Test(
        "when the key is not one plain string",
        arguments: [
            #"{"alg":"HS256","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":"k1","kid":"k1","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":"k2","kid":"k1","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":"k1","\u006bid":"k2","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":"k1\u0000","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":"\u006b1","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":["k1"],"typ":"JWT"}"#,
            #"{"alg":"HS256","kid":1,"typ":"JWT"}"#,
            #"{"alg":"HS256","kid":null,"typ":"JWT"}"#,
        ]
    )
    func keyForm(header: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(header: header)) == .headerInvalid)
    }

    @Test(
        "when it carries anything but typ, alg and kid",
        arguments: [
            #""crit":"exp""#, #""crit":["b64"]"#, #""jku":"https://evil.example/keys""#,
            #""jwk":{"kty":"oct","k":"AA"}"#,
            #""jwk":"AA""#, #""x5u":"https://evil.example/cert""#, #""x5c":["AA"]"#, #""zip":"DEF""#, #""cty":"JWT""#,
            #""b64":false"#, #""enc":"A256GCM""#, #""alg":"HS256""#, #""typ":"JWT""#,
        ]
    )
    func otherMembers(member: String) throws {
        let token = TokenForge.token(header: Self.header(rest: ",\(member)"))
        #expect(try TokenForge.refusal(of: token) == .headerInvalid)
    }

    @Test(
        "when it is no plain object of the type JWT",
        arguments: [
            #"{"alg":"HS256","kid":"k1"}"#, #"{"alg":"HS256","kid":"k1","typ":"at+jwt"}"#,
            #"{"alg":"HS256","kid":"k1","typ":"jwt"}"#, #"{"kid":"k1","typ":"JWT"}"#,
            #"["HS256"]"#, "\"HS256\"", "null", "{}", "[]", "1", "{", "x",
            #"{"alg":"HS256","kid":"k1","typ":"JWT"} "#, #" {"alg":"HS256","kid":"k1","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":"k1","typ":"JWT"}{}"#, #"{"alg":"HS256","kid":"k1","typ":"JWT",}"#,
            #"{"alg": "HS256","kid":"k1","typ":"JWT"}"#, "\u{feff}" + #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#,
            #"{"alg":"HS256","kid":"k1","typ":"JWT"}"# + "\0",
        ]
    )
    func form(header: String) throws {
        #expect(try TokenForge.refusal(of: TokenForge.token(header: header)) == .headerInvalid)
    }
}
