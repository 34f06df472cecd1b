import PluginKit
import Testing

extension JSONParserTests {
    @Test(
        "a document that is not JSON is refused",
        arguments: [
            "", " ", "nul", "nulL", "True", "TRUE", "tru", "undefined", "NaN", "Infinity", "-Infinity", "'a'", "/*x*/1",
            "1//x",
            "\u{FEFF}1", "\u{A0}1", "\u{0B}1", "\u{0C}1",
        ]
    )
    func noJSONIsRefused(document: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
    }

    @Test(
        "a number of another form, or beyond every double, is refused",
        arguments: [
            "01", "-01", "00", "1.", "-", "-.5", ".5", "+1", "1e", "1e+", "1.e3", "0x10", "1_000", "--1", "-a", "1e400",
            "-1e400",
            "1e309", "1.5.2", "1e5e5", "٣",
        ]
    )
    func numberIsRefused(document: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array("[\(document)]".utf8)) }
    }

    @Test(
        "an object or array of another form is refused",
        arguments: [
            "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1}", "{", "}", "{]", #"{"a"}"#, #"{"a":}"#,
            #"{"a":1,}"#,
            #"{"a":1"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#, "{a:1}", "{1:1}", "{'a':1}", #"{,"a":1}"#, #"{"a"::1}"#,
            #"{"a":1]"#,
        ]
    )
    func listIsRefused(document: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
    }

    @Test(
        "a name that appears twice in one object is refused, however it is spelled",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"k":1,"k":2}}]"#,
            #"{"":1,"":2}"#,
            #"{"\u00e9":1,"e\u0301":2}"#,
        ]
    )
    func repeatedNameIsRefused(document: String) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
        #expect(error?.reason == "a name appears twice in one object")
    }

    @Test("the same name in two objects is no repetition")
    func nameMayReturnElsewhere() throws {
        let value = try JSONParser.parse(Array(#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#.utf8))
        #expect(value["a"]?["a"] == 1)
    }

    @Test(
        "an escape that means no character, or the NUL that PostgreSQL cannot store, is refused",
        arguments: [
            #""\u0000""#, #"{"\u0000":1}"#, #""\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#,
            #""\ud800\ud800""#,
            #""\udc00""#, #""\udc00\ud800""#, #""\ud83c\u""#, #""\ud83c\udf3""#, #""\u""#, #""\u12""#, #""\u12g4""#,
            #""\u+123""#,
            #""\x41""#, #""\a""#, #""\"#, #""\U0041""#, "\"\\u００４１\"",
        ]
    )
    func escapeIsRefused(document: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
    }

    @Test("a text without its end is refused", arguments: ["\"", "\"a", #""a\""#, #"{"a"#])
    func openTextIsRefused(document: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
    }

    @Test("every control character is refused unless escaped", arguments: UInt8(0)..<0x20)
    func controlCharacterIsRefused(byte: UInt8) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22, byte, 0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(#""\n"#.utf8) + [byte, 0x22]) }
    }

    @Test(
        "bytes that are not UTF-8 are refused in text, with and without escapes",
        arguments: [
            [0x80], [0xFF], [0xC3], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80],
            [0x61, 0xC3, 0x28],
        ] as [[UInt8]]
    )
    func invalidUTF8IsRefused(bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22, 0x5C, 0x6E] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONParser.parse([0x7B, 0x22] + bytes + [0x22, 0x3A, 0x31, 0x7D])
        }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(bytes) }
    }

    @Test(
        "a document followed by anything is refused",
        arguments: ["1 2", "{}{}", "[]]", "null,", "\"a\"b", "1\u{00}", "{} x"])
    func trailingDataIsRefused(document: String) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
        #expect(error?.reason == "something follows the document")
    }
}
