import Foundation
import Testing

@_spi(Kernel) @testable import PluginKit

@Suite("Reply")
struct ReplyTests {
    private func page(_ titles: [String], limit: Int, key: [String] = ["title", "id"]) throws -> Reply {
        let rows = titles.enumerated().map {
            (id: UUID.numbered(UInt64($0.offset)), title: $0.element, stars: Int64?.some(Int64($0.offset)))
        }
        return Reply(status: 200, content: try Page<Note>(Note.result(rows), limit: limit, key: key).content)
    }

    private func row(_ number: UInt64, _ title: String) -> String {
        #"{"id":"\#(UUID.numbered(number).lowercased)","title":"\#(title)","stars":\#(number)}"#
    }

    @Test("a page with a row more than it holds carries the cursor of its own last row")
    func fullPageHasCursor() throws {
        var keys: [[JSONValue]] = []
        let json = try page(["a", "b", "c"], limit: 2).encode { key in
            keys.append(key)
            return "next\"page"
        }
        #expect(json.text == #"{"data":[\#(row(0, "a")),\#(row(1, "b"))],"next_cursor":"next\"page"}"#)
        #expect(keys == [["b", .string(UUID.numbered(1).lowercased)]])
    }

    @Test("the last page has no cursor", arguments: [0, 1, 2])
    func lastPageHasNoCursor(count: Int) throws {
        let json = try page(["a", "b"].dropLast(2 - count), limit: 2).encode { _ in
            Issue.record("a cursor was made")
            return ""
        }
        let rows = [row(0, "a"), row(1, "b")].prefix(count).joined(separator: ",")
        #expect(json.text == #"{"data":[\#(rows)],"next_cursor":null}"#)
    }

    @Test("a page of a list that was not looked through to its end goes on behind what was", arguments: [0, 2])
    func unfinishedPageHasCursor(count: Int) throws {
        let rows = ["a", "b"].prefix(count).enumerated().map {
            (id: UUID.numbered(UInt64($0.offset)), title: $0.element, stars: Int64?.some(Int64($0.offset)))
        }
        let reply = Reply(status: 200, content: try Page<Note>(Note.result(rows), goingOnBehind: [7]).content)
        var keys: [[JSONValue]] = []
        let json = reply.encode { key in
            keys.append(key)
            return "next"
        }
        let data = [row(0, "a"), row(1, "b")].prefix(count).joined(separator: ",")
        #expect(json.text == #"{"data":[\#(data)],"next_cursor":"next"}"#)
        #expect(keys == [[7]])
    }

    @Test("a cursor carries numbers, times, ids, texts and NULL as they are read back")
    func cursorCarriesKeys() throws {
        enum Entry: Payload {
            static let schema = Schema(
                "Entry", ["a", "b", "c", "d", "e", "f", "g"].map { Field($0, .text(max: 1), example: "x") })
        }
        let columns: KeyValuePairs<String, ColumnType> = [
            "a": .int8, "b": .int4, "c": .int2, "d": .timestamptz, "e": .uuid, "f": .text, "g": .text,
        ]
        let row = [
            Cell.int8(-8), Cell.int4(4), Cell.int2(2), Cell.timestamp(Timestamp(microseconds: -1)), Cell.uuid(.last),
            Cell.text("é\""), nil,
        ]
        let page = try Page<Entry>(ResultSet(columns, [row, row]), limit: 1, key: ["g", "f", "e", "d", "c", "b", "a"])
        var keys: [[JSONValue]] = []
        _ = Reply(status: 200, content: page.content).encode { key in
            keys.append(key)
            return ""
        }
        #expect(keys == [[nil, "é\"", .string(UUID.last.lowercased), "1969-12-31T23:59:59.999999Z", 2, 4, -8]])
        let request = PageRequest(limit: 1, after: keys.first ?? [])
        #expect(request.after(3, or: Timestamp.distantFuture) == Timestamp(microseconds: -1))
        #expect(request.after(2, or: UUID.first) == .last)
    }

    @Test("a list of objects is a page without cursor")
    func listHasNoCursor() throws {
        let elements = try ["a", "b"].map { try Resource<Note>(["id": "x", "title": .string($0), "stars": nil]) }
        let json = Reply(status: 200, content: Page(elements).content).encode { _ in "" }.text
        #expect(
            json
                == #"{"data":[{"id":"x","title":"a","stars":null},{"id":"x","title":"b","stars":null}],"next_cursor":null}"#
        )
        #expect(
            Reply(status: 200, content: Page<Note>([]).content).encode { _ in "" }.text
                == #"{"data":[],"next_cursor":null}"#)
    }

    @Test("one row is an object, the first of its result")
    func rowIsAnObject() throws {
        let result = Note.result([(.numbered(0), "a", 0), (.numbered(1), "b", 1)])
        let reply = Reply(status: 200, content: try Resource<Note>(result).content)
        #expect(reply.encode { _ in "" }.text == row(0, "a"))
        #expect(!reply.isEmpty)
    }

    @Test("what has headers of its own is for the browser that asked")
    func headedIsForBrowser() {
        #expect(Reply(status: 200, content: .headed(HeadedReply(headers: [], body: ["a": 1]))).isForBrowser)
        #expect(!Reply(status: 200, content: .value(["a": 1])).isForBrowser)
    }
}
