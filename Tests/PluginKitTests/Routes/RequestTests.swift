import Foundation
@_spi(Kernel) import PluginKit
import Testing

@Suite("Request")
struct RequestTests {
    static let request = Request(
        id: "r1", parameters: [("id", "01920000-0000-7000-8000-00000000ABCD"), ("word", "x")], query: .empty,
        page: PageRequest(limit: 25, after: []))

    @Test("a path parameter is read as text or as an id")
    func parameterIsRead() throws {
        #expect(try Self.request.path("word") == "x")
        #expect(try Self.request.path("id", as: TenantID.self).description == "01920000-0000-7000-8000-00000000abcd")
    }

    @Test("what is no id names nothing, like a parameter that is not there", arguments: ["word", "missing"])
    func noIDIsNotFound(name: String) {
        let problem = #expect(throws: Problem.self) { try Self.request.path(name, as: TenantID.self) }
        #expect(problem?.status == 404)
    }
}
