import Testing

@testable import HTTP

@Suite("PercentEncoding")
struct PercentEncodingTests {
    @Test(
        "Escapes are decoded, in either case",
        arguments: [("", ""), ("a", "a"), ("%41", "A"), ("%c3%A4", "ä"), ("a%2Fb", "a/b"), ("%25", "%"), ("+", "+")])
    func decodes(text: String, expected: String) {
        #expect(PercentEncoding.decode(text) == expected)
    }

    @Test("A plus is a space only in queries")
    func plus() {
        #expect(PercentEncoding.decode("a+b", plusIsSpace: true) == "a b")
        #expect(PercentEncoding.decode("a%2Bb", plusIsSpace: true) == "a+b")
    }

    @Test(
        "Broken escapes, NUL and what is no UTF-8 are refused",
        arguments: [
            "%", "%4", "a%", "%4g", "%g4", "%+1", "%00", "a%00b", "%ff", "%c3", "%c3%28", "%ed%a0%80", "%c0%80",
        ])
    func refuses(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }
}
