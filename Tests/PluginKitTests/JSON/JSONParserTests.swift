import PluginKit
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    /// A document and what it means.
    struct Document: CustomTestStringConvertible, Sendable {
        let text: String
        let value: JSONValue
        var testDescription: String { text }

        init(_ text: String, _ value: JSONValue) {
            self.text = text
            self.value = value
        }
    }

    @Test(
        "a document of RFC 8259 is read as what it says",
        arguments: [
            Document("null", nil),
            Document(" \t\r\ntrue\n", true),
            Document("false", false),
            Document("0", 0),
            Document("-0", 0),
            Document("-12", -12),
            Document("9223372036854775807", .integer(.max)),
            Document("-9223372036854775808", .integer(.min)),
            Document("9223372036854775808", .number(9_223_372_036_854_775_808)),
            Document("1.5", 1.5),
            Document("0.0", .number(0)),
            Document("-0.0", .number(-0.0)),
            Document("1E3", .number(1000)),
            Document("1e+2", .number(100)),
            Document("25e-1", .number(2.5)),
            Document("1e-400", .number(0)),
            Document("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
            Document("[]", []),
            Document("[ 1 , [2] ]", [1, [2]]),
            Document("{}", [:]),
            Document(#"{ "a" : { "b" : [ ] } , "" : 1 }"#, ["a": ["b": []], "": 1]),
        ]
    )
    func documentIsRead(_ document: Document) throws {
        #expect(try JSONParser.parse(Array(document.text.utf8)) == document.value)
    }

    @Test(
        "a text is read with its escapes",
        arguments: [
            (#""""#, ""),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"),
            (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83c\udf3c""#, "🌼"),
            (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
            (#""ромашка 🌼 \u0001""#, "ромашка 🌼 \u{01}"),
            (#""\uFFFF""#, "\u{FFFF}"),
            ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
        ]
    )
    func textIsRead(document: String, text: String) throws {
        let value = try JSONParser.parse(Array(document.utf8))
        #expect(value.string.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test("members keep the order of the document")
    func orderIsKept() throws {
        let value = try JSONParser.parse(Array(#"{"z":1,"a":2,"m":3}"#.utf8))
        #expect(value.members?.map(\.name) == ["z", "a", "m"])
    }

    @Test("the deepest document allowed is read, one level more is refused where it begins")
    func depthIsBounded() throws {
        let deepest = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(throws: Never.self) { try JSONParser.parse(Array(deepest.utf8)) }
        let tooDeep = String(repeating: "[", count: 33) + String(repeating: "]", count: 33)
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(tooDeep.utf8)) }
        #expect(error?.offset == 32)
        let mixed = String(repeating: #"{"a":["#, count: 16) + "{}" + String(repeating: "]}", count: 16)
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(mixed.utf8)) }
    }

    @Test("closing a list gives back its depth")
    func depthIsGivenBack() throws {
        let wide = "[" + Array(repeating: "[[]]", count: 100).joined(separator: ",") + "]"
        #expect(try JSONParser.parse(Array(wide.utf8)).array?.count == 100)
    }

    @Test("ten thousand opened arrays are refused without a deep stack")
    func floodOfBracketsIsRefused() {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([UInt8](repeating: 0x5B, count: 10_000)) }
    }

    @Test(
        "an error tells the byte and the reason",
        arguments: [("[1,2,]", 5), (#"{"a":1,"a":2}"#, 10), ("nul", 0), ("[1 2]", 3)])
    func errorTellsThePlace(document: String, offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(document.utf8)) }
        #expect(error?.offset == offset)
        #expect(error?.description.hasPrefix("at byte \(offset): ") == true)
    }

    @Test("a number of 400 characters is read, a longer one refused")
    func longNumberIsRefused() throws {
        let longest = "0." + String(repeating: "1", count: 398)
        #expect(try JSONParser.parse(Array(longest.utf8)).kind == "a number")
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array((longest + "1").utf8)) }
    }

    @Test("every number is read as jsonb writes it, without an exponent")
    func numberWithoutExponentIsRead() throws {
        let smallest = "-0." + String(repeating: "0", count: 323) + "5"
        #expect(try JSONParser.parse(Array(smallest.utf8)) == .number(-.leastNonzeroMagnitude))
        let largest = "17976931348623157" + String(repeating: "0", count: 292)
        #expect(try JSONParser.parse(Array(largest.utf8)) == .number(.greatestFiniteMagnitude))
    }
}
