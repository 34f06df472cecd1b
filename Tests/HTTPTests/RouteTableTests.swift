@_spi(Kernel) import PluginKit
import Testing

@testable import HTTP

@Suite("RouteTable")
struct RouteTableTests {
    private static func table() throws -> RouteTable {
        try RouteTable([
            SampleRoute.mounted("GET", "/items"), SampleRoute.mounted("POST", "/items"),
            SampleRoute.mounted("GET", "/items/{id}"), SampleRoute.mounted("GET", "/items/search"),
            SampleRoute.mounted("DELETE", "/items/{id}"), SampleRoute.mounted("POST", "/items/{id}/notes"),
        ])
    }

    /// What a request leads to, in one word: the route's path, the methods allowed, or nothing.
    private static func target(_ method: String, _ path: String) throws -> String {
        switch try table().match(method: method, path: path) {
        case .found(let mounted, let parameters):
            let values = parameters.map { " \($0.name)=\($0.value)" }.joined()
            return "\(mounted.route.method) \(mounted.path)\(values)"
        case .methodNotAllowed(let methods): return "allow \(methods.joined(separator: ","))"
        case .notFound: return "none"
        }
    }

    /// A request and what it leads to.
    struct Case: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        let target: String

        var testDescription: String { "\(method) \(path)" }
    }

    @Test(
        "A request leads to its route, to the methods there are, or nowhere",
        arguments: [
            Case(method: "GET", path: "/v1/items", target: "GET /v1/items"),
            Case(method: "HEAD", path: "/v1/items", target: "GET /v1/items"),
            Case(method: "GET", path: "/v1/items/", target: "GET /v1/items"),
            Case(method: "GET", path: "/v1/items/7", target: "GET /v1/items/{id} id=7"),
            Case(method: "GET", path: "/v1/items/search", target: "GET /v1/items/search"),
            Case(method: "GET", path: "/v1/items/a%2Fb", target: "GET /v1/items/{id} id=a/b"),
            Case(method: "GET", path: "/v1/items/a+b", target: "GET /v1/items/{id} id=a+b"),
            Case(method: "POST", path: "/v1/items/7/notes", target: "POST /v1/items/{id}/notes id=7"),
            Case(method: "PUT", path: "/v1/items", target: "allow GET,HEAD,POST"),
            Case(method: "POST", path: "/v1/items/7", target: "allow DELETE,GET,HEAD"),
            Case(method: "HEAD", path: "/v1/items/7/notes", target: "allow POST"),
            Case(method: "get", path: "/v1/items", target: "allow GET,HEAD,POST"),
            Case(method: "GET", path: "/v1", target: "none"),
            Case(method: "GET", path: "/", target: "none"),
            Case(method: "GET", path: "", target: "none"),
            Case(method: "GET", path: "/v1/Items", target: "none"),
            Case(method: "GET", path: "/v1/items/7/notes/8", target: "none"),
            Case(method: "GET", path: "/v1/items/%", target: "none"),
            Case(method: "GET", path: "/v1/items/%00", target: "none"),
            Case(method: "GET", path: "/v1/items/%C3%28", target: "none"),
        ])
    func matches(given: Case) throws {
        #expect(try Self.target(given.method, given.path) == given.target)
    }

    @Test("Two routes with one method and path are refused")
    func conflictsAreRefused() {
        #expect(throws: RouteConflict.self) {
            try RouteTable([SampleRoute.mounted("GET", "/a/{id}"), SampleRoute.mounted("GET", "/a/{other}")])
        }
    }
}
