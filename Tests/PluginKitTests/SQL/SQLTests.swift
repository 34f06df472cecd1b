import Foundation
import PluginKit
import Testing

@Suite("SQL")
struct SQLTests {
    @Test("a literal is its own text, without values")
    func literalIsText() {
        let statement: SQL = "SELECT 1"
        #expect(statement.text == "SELECT 1")
        #expect(statement.binds.isEmpty)
        #expect(!statement.isUnsafe)
    }

    @Test("each value becomes the next placeholder, never text")
    func valuesAreNumbered() {
        let hostile = "'; DROP TABLE t; --"
        let statement: SQL = "SELECT \(hostile), \(1 as Int64) WHERE a = \(true) AND b = \(2.5)"
        #expect(statement.text == "SELECT $1, $2 WHERE a = $3 AND b = $4")
        #expect(statement.binds == [.text(hostile), .int(1), .bool(true), .double(2.5)])
        #expect(!statement.isUnsafe)
    }

    @Test("values may begin and end a statement and stand side by side")
    func valuesMayStandAnywhere() {
        let statement: SQL = "\(1)\(2)"
        #expect(statement.text == "$1$2")
        let framed: SQL = "\(1) + \(2)"
        #expect(framed.text == "$1 + $2")
    }

    @Test("placeholders go on beyond any table of them")
    func manyValuesAreNumbered() {
        var list: SQL = "\(0 as Int64)"
        for number in 1..<200 { list = "\(list), \(Int64(number))" }
        let statement: SQL = "SELECT \(list)"
        #expect(statement.text == "SELECT " + (1...200).map { "$\($0)" }.joined(separator: ", "))
        #expect(statement.binds == (0..<200).map { .int($0) })
    }

    @Test("a fragment brings its values along and is renumbered")
    func fragmentIsRenumbered() {
        let filter: SQL = "status = \("open") AND team = \("blue")"
        let page: SQL = "LIMIT \(25)"
        let statement: SQL = "SELECT * FROM t WHERE id = \(7) AND (\(filter)) OR x = \(8) \(page)"
        #expect(statement.text == "SELECT * FROM t WHERE id = $1 AND (status = $2 AND team = $3) OR x = $4 LIMIT $5")
        #expect(statement.binds == [.int(7), .text("open"), .text("blue"), .int(8), .int(25)])
    }

    @Test("fragments nest, repeat and may be empty")
    func fragmentsNest() {
        let empty: SQL = ""
        let inner: SQL = "a = \(1)"
        let outer: SQL = "(\(inner)\(empty) OR \(inner))"
        let statement: SQL = "WHERE \(outer)\(empty)"
        #expect(statement.text == "WHERE (a = $1 OR a = $2)")
        #expect(statement.binds == [.int(1), .int(1)])
    }

    @Test("text that is no literal must be called unsafe, and stays so in whatever holds it")
    func unsafeTextIsMarked() {
        let table = "t"
        let direct: SQL = "SELECT * FROM \(unsafeSQL: table) WHERE a = \(1)"
        #expect(direct.text == "SELECT * FROM t WHERE a = $1")
        #expect(direct.isUnsafe)
        #expect(SQL(unsafeSQL: "SELECT 1").isUnsafe)
        let outer: SQL = "SELECT 1 WHERE EXISTS (\(direct))"
        #expect(outer.isUnsafe)
        let outermost: SQL = "\(outer)"
        #expect(outermost.isUnsafe)
    }

    @Test("an absent value is a NULL of its own type")
    func absentValueIsTypedNull() {
        let statement: SQL = """
            \(String?.none) \(Int64?.none) \(Int?.none) \(Bool?.none) \(Double?.none) \(UUID?.none) \(Timestamp?.none) \
            \(JSONValue?.none) \([UInt8]?.none) \(TenantID?.none) \([Timestamp]?.none)
            """
        #expect(
            statement.binds == [
                .null(.text), .null(.int), .null(.int), .null(.bool), .null(.double), .null(.uuid), .null(.timestamp),
                .null(.json),
                .null(.bytes), .null(.uuid), .null(.timestampArray),
            ])
        let instant = Timestamp(microseconds: 1)
        let present: SQL = "\(String?.some("a")) \(Int64?.some(1)) \([Timestamp]?.some([instant]))"
        #expect(present.binds == [.text("a"), .int(1), .timestampArray([instant])])
    }

    @Test("an array is one value")
    func arrayIsOneValue() {
        let id = TenantID.make()
        let instant = Timestamp(microseconds: 1)
        let statement: SQL = """
            \(["a", "b"]) \([Int64(1), 2]) \([UUID.first]) \([id]) \([instant]) \([String]()) \([UInt8]([1, 2]))
            """
        #expect(
            statement.binds == [
                .textArray(["a", "b"]), .intArray([1, 2]), .uuidArray([.first]), .uuidArray([id.uuid]),
                .timestampArray([instant]),
                .textArray([]), .bytes([1, 2]),
            ])
        #expect(statement.text == "$1 $2 $3 $4 $5 $6 $7")
    }

    @Test("an id is sent as uuid, a document as jsonb without white space")
    func idAndDocumentAreSent() {
        let id = TenantID.make()
        let document: JSONValue = ["a": [1, nil]]
        let statement: SQL = "\(id) \(document)"
        #expect(statement.binds == [.uuid(id.uuid), .json(Array(#"{"a":[1,null]}"#.utf8))])
    }

    @Test("a literal with a placeholder of its own or a dollar quote is left as it is")
    func dollarsStay() {
        let statement: SQL = "SELECT $$a$$, '$1', \(1)"
        #expect(statement.text == "SELECT $$a$$, '$1', $1")
    }
}
