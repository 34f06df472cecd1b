import Foundation
import Testing

@testable import PluginKit

extension JSONWriterTests {
    /// A column's type, the bytes of a value, and its JSON.
    struct Written: CustomTestStringConvertible, Sendable {
        let type: ColumnType
        let cell: [UInt8]?
        let json: String
        var testDescription: String { "\(type) \(json)" }

        init(_ type: ColumnType, _ cell: [UInt8]?, _ json: String) {
            self.type = type
            self.cell = cell
            self.json = json
        }
    }

    private func json(_ type: ColumnType, _ cell: [UInt8]?) -> String {
        var writer = JSONWriter(capacity: 64)
        writer.write(ResultSet(["v": type], [[cell]]), row: 0, keys: [Array("\"v\":".utf8)])
        return writer.bytes.text
    }

    @Test(
        "a value in PostgreSQL's binary format becomes JSON",
        arguments: [
            Written(.bool, Cell.bool(true), "true"), Written(.bool, Cell.bool(false), "false"),
            Written(.int2, Cell.int2(.min), "-32768"), Written(.int2, Cell.int2(7), "7"),
            Written(.int4, Cell.int4(.min), "-2147483648"), Written(.int4, Cell.int4(.max), "2147483647"),
            Written(.int8, Cell.int8(.min), "-9223372036854775808"),
            Written(.int8, Cell.int8(.max), "9223372036854775807"),
            Written(.oid, Cell.oid(.max), "4294967295"),
            Written(.float4, Cell.float4(0.5), "0.5"), Written(.float8, Cell.float8(-1.25), "-1.25"),
            Written(.float8, Cell.float8(.nan), "null"), Written(.float4, Cell.float4(-.infinity), "null"),
            Written(.text, Cell.text(""), #""""#), Written(.text, Cell.text("a\"\u{01}🌼"), #""a\"\u0001🌼""#),
            Written(.varchar, Cell.text("v"), #""v""#), Written(.name, Cell.text("n"), #""n""#),
            Written(.char, Cell.text("c"), #""c""#),
            Written(.json, Cell.text(#"{"a": 1}"#), #"{"a": 1}"#),
            Written(.jsonb, Cell.jsonb(#"{"a": [1]}"#), #"{"a": [1]}"#),
            Written(.bytes, [0, 0xFF, 0x10], #""AP8Q""#), Written(.bytes, [], #""""#),
            Written(.uuid, Cell.uuid(.last), #""ffffffff-ffff-ffff-ffff-ffffffffffff""#),
            Written(.uuid, Array(0x10...0x1F), #""10111213-1415-1617-1819-1a1b1c1d1e1f""#),
            Written(.void, [], "null"), Written(.text, nil, "null"), Written(.int8, nil, "null"),
            Written(.jsonb, nil, "null"),
        ]
    )
    func cellBecomesJSON(_ written: Written) {
        #expect(json(written.type, written.cell) == #"{"v":\#(written.json)}"#)
    }

    @Test(
        "a timestamp is written in UTC with six decimals",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (946_684_800_000_000, "2000-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (951_868_799_999_999, "2000-02-29T23:59:59.999999Z"),
            (1_709_164_800_123_456, "2024-02-29T00:00:00.123456Z"),
            (-2_203_891_200_000_000, "1900-03-01T00:00:00.000000Z"),
            (-2_203_977_600_000_000, "1900-02-28T00:00:00.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)]
    )
    func timestampIsWritten(microseconds: Int64, text: String) {
        #expect(json(.timestamptz, Cell.timestamp(Timestamp(microseconds: microseconds))) == #"{"v":"\#(text)"}"#)
    }

    @Test(
        "an endless timestamp is written as the nearest there is",
        arguments: [(Int64.max, "9999-12-31T23:59:59.999999Z"), (.min, "0000-01-01T00:00:00.000000Z")])
    func endlessTimestampIsWritten(raw: Int64, text: String) {
        #expect(json(.timestamptz, Cell.int8(raw)) == #"{"v":"\#(text)"}"#)
    }

    @Test(
        "an array of text is written with its NULLs, whatever its dimensions",
        arguments: [
            (Cell.textArray([]), "[]"), (Cell.textArray(["a"]), #"["a"]"#),
            (Cell.textArray(["", nil, "b\"c", "🌼"]), #"["",null,"b\"c","🌼"]"#),
            (Cell.textArray([nil]), "[null]"),
            (Cell.textArray(["a", "b", "c", "d"], dimensions: [2, 2]), #"["a","b","c","d"]"#),
            (Cell.textArray(["a", nil], dimensions: [1, 2, 1]), #"["a",null]"#),
        ]
    )
    func textArrayIsWritten(cell: [UInt8], text: String) {
        #expect(json(.textArray, cell) == #"{"v":\#(text)}"#)
    }

    @Test(
        "an array that says more than it holds shows nothing of what lies behind it", arguments: [3, 1000, Int32.max])
    func brokenArrayShowsNothing(length: Int32) {
        let start: [UInt8] = Array(Cell.textArray(["a", "b"]).prefix(25))
        #expect(json(.textArray, start + Cell.int4(length) + Cell.text("b")) == #"{"v":["a",null]}"#)
    }

    @Test("a row becomes an object under the names given")
    func rowBecomesObject() {
        let result = ResultSet(
            ["a": .int8, "b": .text, "c": .bool],
            [[Cell.int8(1), Cell.text("x"), nil], [Cell.int8(2), nil, Cell.bool(true)]])
        var writer = JSONWriter(capacity: 64)
        writer.write(result, row: 1, keys: ["\"x\":", "\"y\":", "\"z\":"].map { Array($0.utf8) })
        #expect(writer.bytes.text == #"{"x":2,"y":null,"z":true}"#)
    }
}
