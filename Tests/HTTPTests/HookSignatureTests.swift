import Cryptography
import Foundation
import Testing

@testable import HTTP

@Suite("HookSignature")
struct HookSignatureTests {
    private static let message = Array("what do ya want for nothing?".utf8)
    /// RFC 4231 §4.3, test case 2: the key is `Jefe`.
    private static let code = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    @Test("a code is taken as senders write it: in digits of either case, in base64, with and without its prefix")
    func spellings() throws {
        let bytes = try #require(Hex.decode(Self.code))
        let base64 = Base64URL.encode(bytes).replacing("-", with: "+").replacing("_", with: "/") + "="
        for code in [
            Self.code, Self.code.uppercased(), "sha256=" + Self.code, base64, "sha256=" + base64,
            Base64URL.encode(bytes),
        ] {
            #expect(HookSignature.isValid(code, of: Self.message, under: "Jefe"), "\(code)")
        }
    }

    @Test("either alphabet of base64 is taken")
    func alphabets() {
        for number in 0..<20 {
            let bytes = HMACSHA256.authenticate([UInt8(number)], key: Array("key".utf8))
            for code in [Data(bytes).base64EncodedString(), Base64URL.encode(bytes)] {
                #expect(HookSignature.isValid(code, of: [UInt8(number)], under: "key"), "\(code)")
            }
        }
    }

    @Test(
        "every other code is wrong",
        arguments: [
            "", "sha256=", "sha1=" + code, code + "00", String(code.dropLast()), "0" + code.dropFirst(), " " + code,
            "====", String(repeating: "é", count: 32), String(repeating: "A", count: 43),
        ])
    func wrong(code: String) {
        #expect(!HookSignature.isValid(code, of: Self.message, under: "Jefe"))
        #expect(!HookSignature.isValid(Self.code, of: Self.message, under: "jefe"))
        #expect(!HookSignature.isValid(Self.code, of: Self.message + [0], under: "Jefe"))
    }
}
