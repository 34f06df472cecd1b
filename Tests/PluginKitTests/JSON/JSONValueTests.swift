import PluginKit
import Testing

@Suite("JSON value")
struct JSONValueTests {
    static let document: JSONValue = ["text": "a", "number": 5, "flag": true, "list": [1, 2], "inner": ["x": nil]]

    @Test("a member is found by its name")
    func memberIsFound() {
        #expect(Self.document["text"]?.string == "a")
        #expect(Self.document["number"]?.integer == 5)
        #expect(Self.document["flag"]?.bool == true)
        #expect(Self.document["list"]?.array?.count == 2)
        #expect(Self.document["inner"]?["x"] == JSONValue.null)
        #expect(Self.document["inner"]?.members?.map(\.name) == ["x"])
        #expect(Self.document["missing"] == nil)
    }

    @Test("a value of another kind reads as nothing", arguments: [nil, true, 1, 1.5, "a", [], [:]] as [JSONValue])
    func otherKindReadsAsNothing(value: JSONValue) {
        let readings = [
            value.string != nil, value.integer != nil, value.bool != nil, value.array != nil, value.members != nil,
        ]
        #expect(readings.count { $0 } <= 1)
        #expect(value["a"] == nil)
    }

    @Test(
        "every kind has a name for messages",
        arguments: [
            (nil, "null"), (false, "a boolean"), (1, "an integer"), (1.5, "a number"), ("", "a string"),
            ([], "an array"),
            ([:], "an object"),
        ] as [(JSONValue, String)]
    )
    func kindHasName(value: JSONValue, kind: String) {
        #expect(value.kind == kind)
    }

    @Test("an integer and the same number with a point are two values")
    func integerIsNoNumber() {
        #expect(JSONValue.integer(1) != .number(1))
    }
}
