import Cryptography
import Testing

@Suite("OneTimeCode")
struct OneTimeCodeTests {
    private let secret = Array("12345678901234567890".utf8)

    @Test(
        "The vectors of RFC 6238, appendix B, in their last six digits",
        arguments: [
            (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
            (2_000_000_000, "279037"), (20_000_000_000, "353130"),
        ] as [(Int64, String)])
    func vectors(seconds: Int64, code: String) throws {
        #expect(try OneTimeCode.code(secret: secret, step: seconds / OneTimeCode.stepLength) == code)
    }

    @Test("A code holds one step before and after its own, and no further")
    func steps() throws {
        let code = try OneTimeCode.code(secret: secret, step: 100)
        for near in Int64(99)...101 {
            #expect(try OneTimeCode.step(of: code, secret: secret, near: near) == 100)
        }
        #expect(try OneTimeCode.step(of: code, secret: secret, near: 98) == nil)
        #expect(try OneTimeCode.step(of: code, secret: secret, near: 102) == nil)
    }

    @Test("What is no code is none", arguments: ["", "00000", "0000000", "28708a", " 287082", "²87082"])
    func garbage(text: String) throws {
        #expect(try OneTimeCode.step(of: text, secret: secret, near: 1) == nil)
    }

    @Test(
        "The vectors of RFC 4648, section 10, without padding",
        arguments: [
            ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ])
    func base32(text: String, encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
    }
}
