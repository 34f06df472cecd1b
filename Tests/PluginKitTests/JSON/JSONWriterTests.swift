import Foundation
import PluginKit
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test(
        "a value is written without white space",
        arguments: [
            (nil, "null"), (true, "true"), (false, "false"), (0, "0"), (9, "9"), (10, "10"), (-1, "-1"),
            (.integer(.min), "-9223372036854775808"), (.integer(.max), "9223372036854775807"),
            (1.5, "1.5"), (.number(1), "1.0"), (.number(-0.0), "-0.0"), (.number(1e300), "1e+300"),
            (.number(1e-7), "1e-07"),
            ([], "[]"), ([1, [nil, "a"]], #"[1,[null,"a"]]"#), ([:], "{}"),
            (["a": 1, "b": ["c": []]], #"{"a":1,"b":{"c":[]}}"#),
        ] as [(JSONValue, String)]
    )
    func valueIsWritten(value: JSONValue, text: String) {
        #expect(value.encoded().text == text)
    }

    @Test("what JSON has no number for becomes null", arguments: [Double.infinity, -.infinity, .nan, .signalingNaN])
    func noNumberBecomesNull(number: Double) {
        #expect(JSONValue.number(number).encoded().text == "null")
    }

    @Test(
        "text is escaped where it must be and nowhere else",
        arguments: [
            ("", #""""#), ("a", #""a""#), ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{08}\u{0C}", #""\u0008\u000c""#), ("\u{00}\u{01}\u{1F}", #""\u0000\u0001\u001f""#),
            ("\u{7F}", "\"\u{7F}\""),
            ("é🌼\u{2028}", "\"é🌼\u{2028}\""), ("a\"b\\c\nd", #""a\"b\\c\nd""#), ("\"\"", #""\"\"""#),
            ("\u{1A}end", #""\u001aend""#),
        ]
    )
    func textIsEscaped(text: String, json: String) {
        #expect(JSONValue.string(text).encoded().text == json)
    }

    @Test("every control character is escaped such that Foundation reads it back", arguments: UInt8(0)..<0x20)
    func controlCharacterIsEscaped(byte: UInt8) throws {
        let text = "a\(Unicode.Scalar(byte))b"
        let json = JSONValue.string(text).encoded()
        #expect(!json.contains(byte))
        let read = try JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed) as? String
        #expect(read == text)
    }

    @Test("names of members are escaped like text")
    func nameIsEscaped() {
        #expect(JSONValue.object([.init("a\"\n", 1)]).encoded().text == #"{"a\"\n":1}"#)
    }

    @Test(
        "a double is written such that the same double is read",
        arguments: [
            0.1, 1.0 / 3, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .leastNormalMagnitude, -1e21,
            123_456_789.125,
        ]
    )
    func doubleIsExact(number: Double) throws {
        #expect(try JSONParser.parse(JSONValue.number(number).encoded()) == .number(number))
    }

    @Test("raw bytes go in as they are")
    func rawIsRaw() {
        var writer = JSONWriter(capacity: 0)
        writer.raw("{\"a\":")
        writer.raw([0x31, 0x7D])
        #expect(writer.bytes.text == #"{"a":1}"#)
    }
}
