import Foundation
import Testing

@_spi(Kernel) @testable import PluginKit

@Suite("Resource and page")
struct ResourceTests {
    @Test("a result with the payload's columns in their order makes a resource")
    func fittingColumnsMakeAResource() throws {
        #expect(throws: Never.self) { try Resource<Note>(Note.result([(.first, "a", nil)])) }
        #expect(throws: Never.self) { try Page<Note>(Note.result([]), limit: 10, key: ["title", "id"]) }
    }

    @Test("a result with other columns is refused, with or without rows")
    func otherColumnsAreRefused() {
        let results = [
            ResultSet(["id": .uuid, "title": .text]),
            ResultSet(["id": .uuid, "title": .text, "stars": .int8, "tenant_id": .uuid]),
            ResultSet(["title": .text, "id": .uuid, "stars": .int8]),
            ResultSet(["id": .uuid, "Title": .text, "stars": .int8]),
            ResultSet([:]),
        ]
        for result in results {
            #expect(throws: ColumnError.self) { try Resource<Note>(result) }
            #expect(throws: ColumnError.self) { try Page<Note>(result, limit: 10, key: ["id"]) }
        }
    }

    @Test("a resource of a result without rows is not found, no crash")
    func noRowIsNotFound() {
        let problem = #expect(throws: Problem.self) { try Resource<Note>(Note.result([])) }
        #expect(problem?.status == 404)
    }

    @Test("a page's key must be fields")
    func keyMustBeFields() {
        let error = #expect(throws: ColumnError.self) {
            try Page<Note>(Note.result([]), limit: 10, key: ["id", "author"])
        }
        #expect(error?.column == "author")
    }

    @Test("an object of values has exactly the fields, in their order")
    func valuesAreTheFields() throws {
        let resource = try Resource<Note>(["id": "x", "title": "t", "stars": nil])
        #expect(
            Reply(status: 200, content: resource.content).encode { _ in "" }.text
                == #"{"id":"x","title":"t","stars":null}"#)
        #expect(throws: RecordError.self) { try Resource<Note>(["id": "x", "title": "t"]) }
        #expect(throws: RecordError.self) { try Resource<Note>(["title": "t", "id": "x", "stars": nil]) }
        #expect(throws: RecordError.self) { try Resource<Note>(["id": "x", "title": "t", "stars": nil, "more": 1]) }
    }
}
