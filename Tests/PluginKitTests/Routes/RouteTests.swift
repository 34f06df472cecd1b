import Foundation
@_spi(Kernel) import PluginKit
import Testing

@Suite("Route")
struct RouteTests {
    static let list = List(
        "/notes", needs: "notes.read",
        query: [
            Field("status", .oneOf(["open", "closed"]), example: "open"),
            Field("stars", .integer(0...5), example: 3),
            Field("score", .number, example: 0.5),
            Field("pinned", .boolean, example: true),
            Field("author", .uuid, example: "01920000-0000-7000-8000-000000000001"),
            Field("since", .timestamp, example: "2026-11-21T03:37:32Z"),
            Field("q", .text(1...10), example: "word"),
        ], of: Note.self, "Lists notes."
    ) { _ in Page([]) }

    static let search = Get(
        "/search", needs: "notes.read", query: [Field("q", .text(1...10), required: true, example: "word")],
        returns: Note.self,
        "Finds a note."
    ) { _ in throw Problem.notFound }

    private func faults(_ route: Route, _ parameters: [(name: String, value: String)]) -> [String] {
        let problem = #expect(throws: Problem.self) { try route.decodeQuery(parameters) }
        return problem?.errors.map { "\($0.pointer) \($0.code)" } ?? []
    }

    @Test("parameters are read from their text by the type declared")
    func parametersAreRead() throws {
        let query = try Self.list.decodeQuery([
            ("status", "open"), ("stars", "3"), ("score", "-0.5e1"), ("pinned", "false"),
            ("author", "01920000-0000-7000-8000-00000000ABCD"),
            ("since", "1970-01-01T00:00:01Z"), ("q", "42"),
        ])
        #expect(try query["status"] == "open")
        #expect(try query["stars"] == 3)
        #expect(try query["score"] == JSONValue.number(-5))
        #expect(try query["pinned"] == false)
        #expect(try query["author"] == "01920000-0000-7000-8000-00000000abcd")
        #expect(try query["since"] == Timestamp(microseconds: 1_000_000))
        #expect(try query["q"] == "42")
    }

    @Test("without parameters every field is absent")
    func noParametersAreAbsent() throws {
        let query = try Self.list.decodeQuery([])
        #expect(try query["stars"] == Int?.none)
        #expect(!query.has("status"))
    }

    @Test(
        "a parameter that is not as declared is refused by its name",
        arguments: [
            ("status", "Open", "choice"), ("stars", "6", "range"), ("stars", "-1", "range"), ("stars", "3.0", "type"),
            ("stars", "", "type"),
            ("stars", "99999999999999999999", "type"), ("stars", "0x1", "type"), ("score", "much", "type"),
            ("score", "nan", "type"),
            ("score", "inf", "type"), ("score", "1e400", "type"), ("score", "0x1p3", "type"), ("score", "", "type"),
            ("pinned", "TRUE", "type"),
            ("pinned", "1", "type"), ("pinned", "", "type"), ("author", "me", "format"),
            ("since", "yesterday", "format"), ("q", "", "length"),
            ("q", "12345678901", "length"), ("q", "a\u{00}", "characters"), ("unknown", "1", "unknown"),
            ("Status", "open", "unknown"),
        ]
    )
    func wrongParameterIsRefused(name: String, value: String, code: String) {
        #expect(faults(Self.list, [(name, value)]) == ["?\(name) \(code)"])
    }

    @Test("a parameter given twice is refused, even one the kernel reads")
    func repeatedParameterIsRefused() {
        #expect(faults(Self.list, [("q", "a"), ("q", "b")]) == ["?q repeated"])
        #expect(faults(Self.list, [("limit", "1"), ("limit", "2")]) == ["?limit repeated"])
        #expect(faults(Self.list, [("x", "1"), ("x", "1")]) == ["?x unknown", "?x repeated"])
    }

    @Test("a list leaves limit and cursor to the kernel, another route knows neither")
    func pageParametersBelongToLists() throws {
        let query = try Self.list.decodeQuery([("limit", "5"), ("cursor", "abc")])
        #expect(!query.has("limit"))
        #expect(
            faults(Self.search, [("q", "a"), ("limit", "5"), ("cursor", "x")]) == ["?limit unknown", "?cursor unknown"])
    }

    @Test("a required parameter must be given, and is not called missing when it is wrong")
    func requiredParameterMustBeGiven() throws {
        #expect(faults(Self.search, []) == ["?q required"])
        #expect(faults(Self.search, [("x", "1")]) == ["?x unknown", "?q required"])
        #expect(faults(Self.search, [("q", "")]) == ["?q length"])
        #expect(try Self.search.decodeQuery([("q", "a")])["q"] == "a")
    }

    @Test("a hostile query tells no more than fifty faults, and cuts its names")
    func faultsAreBounded() {
        #expect(faults(Self.list, (0..<1000).map { ("x\($0)", "1") }).count == 50)
        #expect(
            faults(Self.list, [(String(repeating: "n", count: 1000), "1")]) == [
                "?\(String(repeating: "n", count: 64)) unknown"
            ])
    }
}
