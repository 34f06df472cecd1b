import PluginKit
import Testing

@testable import HTTP

@Suite("QueryString")
struct QueryStringTests {
    private static func pairs(_ query: String?) throws -> [String] {
        try QueryString.parse(query).map { "\($0.name)=\($0.value)" }
    }

    @Test("Parameters keep their order, and repeated ones stay")
    func order() throws {
        #expect(try Self.pairs("b=1&a=2&b=3") == ["b=1", "a=2", "b=3"])
    }

    @Test("A missing value is empty, and only the first equals sign parts name and value")
    func parts() throws {
        #expect(try Self.pairs("a&b=&c=d=e&&") == ["a=", "b=", "c=d=e"])
        #expect(try Self.pairs(nil) == [])
        #expect(try Self.pairs("") == [])
    }

    @Test("Names and values are decoded")
    func decoding() throws {
        #expect(try Self.pairs("%61=x+y%20z") == ["a=x y z"])
    }

    @Test("A query that cannot be read is a problem", arguments: ["a=%", "%zz=1", "a=%00", "a=%c3%28"])
    func broken(query: String) throws {
        let problem = try #require(throws: Problem.self) { try QueryString.parse(query) }
        #expect(problem.status == 400 && problem.code == "query_invalid")
    }

    @Test("Fifty parameters are read, one more is refused")
    func bounded() throws {
        let query = Array(repeating: "a=1", count: 50).joined(separator: "&")
        #expect(try Self.pairs(query).count == 50)
        #expect(throws: Problem.self) { try QueryString.parse(query + "&a=1") }
    }
}
