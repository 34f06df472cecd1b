import Cryptography
import Testing

@Suite("Hex and base64url")
struct TextEncodingTests {
    @Test("read back what they wrote, at every length", arguments: 0...70)
    func roundTrip(count: Int) {
        let bytes = RandomBytes.generate(count)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes).uppercased()) == bytes)
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        #expect(Base64URL.decode(ArraySlice(Base64URL.encode(bytes).utf8)) == bytes)
    }

    @Test(
        "base64url writes the examples of RFC 4648 without padding",
        arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")]
    )
    func examples(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test("base64url uses the URL alphabet")
    func alphabet() {
        #expect(Base64URL.encode([0xfb, 0xff, 0xbf]) == "-_-_")
    }

    @Test(
        "base64url refuses what has a second spelling",
        arguments: [
            "Zg==", "Zg=", "Zh", "Zm9", "Z", "Zm9vY", "Zm 9v", "Zm9v\n", "+/+/", "Zmёv", "Zm9v\0", "Zm8=", "Zm/v",
        ]
    )
    func strictness(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(
        "hex refuses what is no pair of digits",
        arguments: ["0", "abc", "0g", "0x", " 00", "00 ", "٠٠", "/0", ":0", "@0", "`0"])
    func notHex(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
