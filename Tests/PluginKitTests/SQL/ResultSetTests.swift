import Foundation
@_spi(Kernel) import PluginKit
import Testing

@Suite("Result set")
struct ResultSetTests {
    static let id = UUID.numbered(1)
    static let instant = Timestamp(microseconds: -1_234_567)

    static let result = ResultSet(
        [
            "flag": .bool, "small": .int2, "medium": .int4, "large": .int8, "oid": .oid, "single": .float4,
            "double": .float8, "text": .text,
            "document": .jsonb, "plain": .json, "id": .uuid, "at": .timestamptz, "bytes": .bytes, "nothing": .text,
        ],
        [
            [
                Cell.bool(true), Cell.int2(-2), Cell.int4(-4), Cell.int8(.min), Cell.oid(.max), Cell.float4(0.5),
                Cell.float8(.pi),
                Cell.text("é🌼"), Cell.jsonb(#"{"a":1}"#), Cell.text("[1]"), Cell.uuid(id), Cell.timestamp(instant),
                [0, 255], nil,
            ]
        ], affected: 1)

    @Test("each type is read from PostgreSQL's binary format")
    func valuesAreRead() throws {
        let row = try #require(Self.result.first)
        #expect(try row.get("flag") == true)
        #expect(try row.get("small") == Int64(-2))
        #expect(try row.get("medium") == -4)
        #expect(try row.get("large") == Int64.min)
        #expect(try row.get("oid") == Int64(UInt32.max))
        #expect(try row.get("single") == 0.5)
        #expect(try row.get("double") == Double.pi)
        #expect(try row.get("text") == "é🌼")
        #expect(try row.get("document") == JSONValue.object([.init("a", 1)]))
        #expect(try row.get("document") == #"{"a":1}"#)
        #expect(try row.get("plain") == JSONValue.array([1]))
        #expect(try row.get("id") == Self.id)
        #expect(try row.get("id") == TenantID(Self.id))
        #expect(try row.get("at") == Self.instant)
        #expect(try row.get("bytes") == [UInt8]([0, 255]))
        #expect(try row.get(0) == true)
    }

    @Test("NULL is read as an absent value, and as nothing else")
    func nullIsAbsent() throws {
        let row = try #require(Self.result.first)
        #expect(try row.get("nothing") == String?.none)
        #expect(try row.get("text") == String?.some("é🌼"))
        let error = #expect(throws: ColumnError.self) { try row.get("nothing", as: String.self) }
        #expect(error?.description == "column nothing is NULL, expected String")
    }

    @Test("a column of another type or name is an error that tells both")
    func wrongColumnIsAnError() throws {
        let row = try #require(Self.result.first)
        #expect(throws: ColumnError.self) { try row.get("text", as: Int64.self) }
        #expect(throws: ColumnError.self) { try row.get("large", as: String.self) }
        #expect(throws: ColumnError.self) { try row.get("large", as: Bool?.self) }
        #expect(throws: ColumnError.self) { try row.get("id", as: Timestamp.self) }
        #expect(throws: ColumnError.self) { try row.get("double", as: UUID.self) }
        #expect(throws: ColumnError.self) { try row.get("flag", as: Double.self) }
        #expect(throws: ColumnError.self) { try row.get("text", as: [UInt8].self) }
        #expect(throws: ColumnError.self) { try row.get("text", as: JSONValue.self) }
        let error = #expect(throws: ColumnError.self) { try row.get("missing", as: String.self) }
        #expect(error?.description == "column missing is not in the result")
    }

    @Test("rows come in order and tell how many were touched")
    func rowsComeInOrder() throws {
        let result = ResultSet(["n": .int8], (0..<5).map { [Cell.int8($0)] }, affected: 5)
        #expect(try result.rows.map { try $0.get("n", as: Int64.self) } == [0, 1, 2, 3, 4])
        #expect(try result[3].get("n") == 3)
        #expect(result.count == 5 && result.affected == 5 && !result.isEmpty)
    }

    @Test("a result without rows has no first")
    func emptyResultHasNoFirst() {
        let result = ResultSet(["n": .int8], affected: 7)
        #expect(result.isEmpty && result.first == nil && Array(result.rows).isEmpty)
        #expect(result.affected == 7)
    }

    @Test("a row keeps the memory of its result")
    func rowKeepsMemory() throws {
        func row() throws -> Row {
            try #require(ResultSet(["t": .text], [[Cell.text(String(repeating: "x", count: 4096))]]).first)
        }
        #expect(try row().get("t", as: String.self).utf8.count == 4096)
    }

    @Test(
        "a document in the database that this parser refuses is an error, no crash",
        arguments: ["{\"a\":1,\"a\":2}", "", "nul"])
    func foreignDocumentIsAnError(text: String) throws {
        let row = try #require(ResultSet(["d": .json], [[Cell.text(text)]]).first)
        #expect(throws: ColumnError.self) { try row.get("d", as: JSONValue.self) }
    }
}
