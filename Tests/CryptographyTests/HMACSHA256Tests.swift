import Cryptography
import Testing

@Suite("HMAC-SHA-256")
struct HMACSHA256Tests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let number: Int
        let key: [UInt8]
        let message: [UInt8]
        let code: String
        var testDescription: String { "RFC 4231 case \(number)" }
    }

    /// RFC 4231 section 4; case 5 states the first 128 bits only.
    static let vectors = [
        Vector(
            number: 1, key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        Vector(
            number: 2, key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        Vector(
            number: 3, key: [UInt8](repeating: 0xaa, count: 20), message: [UInt8](repeating: 0xdd, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        Vector(
            number: 4, key: Array(1...25), message: [UInt8](repeating: 0xcd, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        Vector(
            number: 5, key: [UInt8](repeating: 0x0c, count: 20), message: Array("Test With Truncation".utf8),
            code: "a3b6167473100ee06e0c796c2955552b"
        ),
        Vector(
            number: 6, key: [UInt8](repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        Vector(
            number: 7, key: [UInt8](repeating: 0xaa, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8
            ),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test("gives the codes of RFC 4231, keyed once or each time", arguments: vectors)
    func authenticate(_ vector: Vector) {
        let keyed = HMACSHA256(key: vector.key)
        for code in [
            keyed.authenticate(vector.message), keyed.authenticate(vector.message),
            HMACSHA256.authenticate(vector.message, key: vector.key),
        ] {
            #expect(Hex.encode(code).prefix(vector.code.count) == vector.code)
            #expect(code.count == HMACSHA256.byteCount)
        }
    }

    @Test("gives the same code from the published pads and plain SHA-256", arguments: vectors)
    func pads(_ vector: Vector) {
        let keyed = HMACSHA256(key: vector.key)
        let inner = SHA256.digest(keyed.innerPad + vector.message)
        #expect(keyed.innerPad.count == 64 && keyed.outerPad.count == 64)
        #expect(SHA256.digest(keyed.outerPad + inner) == keyed.authenticate(vector.message))
    }

    @Test("authenticates a string as its UTF-8 bytes")
    func text() {
        let keyed = HMACSHA256(key: [1, 2, 3])
        #expect(keyed.authenticate("tenant|жук") == keyed.authenticate(Array("tenant|жук".utf8)))
    }

    @Test("accepts the right code only")
    func validity() {
        let keyed = HMACSHA256(key: [1, 2, 3])
        let code = keyed.authenticate("message")
        #expect(keyed.isValid(code, for: Array("message".utf8)))
        #expect(!keyed.isValid(code, for: Array("massage".utf8)))
        #expect(!keyed.isValid(Array(code.dropLast()), for: Array("message".utf8)))
        #expect(!keyed.isValid([], for: Array("message".utf8)))
    }

    @Test("gives every thread its own right answer from one key")
    func threads() async {
        let keyed = HMACSHA256(key: [UInt8](repeating: 7, count: 32))
        let expected = (0..<200).map { HMACSHA256(key: [UInt8](repeating: 7, count: 32)).authenticate("message \($0)") }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<2_000).allSatisfy { keyed.authenticate("message \($0 % 200)") == expected[$0 % 200] }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test("never shows its key")
    func redaction() {
        let keyed = HMACSHA256(key: [1, 2, 3])
        var dumped = ""
        dump(keyed, to: &dumped)
        #expect("\(keyed)" == "HMACSHA256(key: redacted)")
        #expect(!dumped.contains("innerPad"))
    }
}
