import Cryptography
@_spi(Kernel) import PluginKit
import Testing

@testable import HTTP

@Suite("HeaderParameter")
struct HeaderParameterTests {
    /// A route and the headers that it takes.
    struct RouteCase: Sendable, CustomTestStringConvertible {
        let route: Route
        let headers: [HeaderParameter]
        var testDescription: String { "\(route.method) \(route.summary)" }

        init(_ route: Route, _ headers: HeaderParameter...) {
            self.route = route
            self.headers = headers
        }
    }

    private static func request(_ method: String, _ access: Route.Access, _ summary: String) -> Route {
        .request(method, "/a", access, returns: SampleRoute.self, summary) { _ in throw Problem.notFound }
    }

    private static let reads: [RouteCase] = [
        RouteCase(request("GET", .session, "one"), .ifNoneMatch),
        RouteCase(request("GET", .public, "one for anybody"), .ifNoneMatch),
        RouteCase(.callList("/a", .session, of: SampleRoute.self, "all") { _ in throw Problem.notFound }),
        RouteCase(Export("/a", needs: "a.read", of: SampleRoute.self, "export") { _ in throw Problem.notFound }),
        RouteCase(PublicList("/a", of: SampleRoute.self, "published") { _ in throw Problem.notFound }, .ifNoneMatch),
        RouteCase(PublicPage("/a", "page") { _ in throw Problem.notFound }, .ifNoneMatch),
        RouteCase(
            .download("/a", .session, "bytes") { _ in throw Problem.notFound }, .ifNoneMatch, .ifRange, .range),
        RouteCase(
            .browser("GET", "/a", returns: SampleRoute.schema, "for a browser") { _ in throw Problem.notFound }),
    ]

    private static let writes: [RouteCase] = [
        RouteCase(request("POST", .session, "write"), .idempotencyKey),
        RouteCase(request("POST", .operator, "write of operators"), .idempotencyKey),
        RouteCase(request("POST", .customer, "write of customers"), .idempotencyKey),
        RouteCase(request("POST", .public, "log in")),
        RouteCase(
            .upload("/a", .session, query: [], returns: SampleRoute.self, "upload") { _, _ in throw Problem.notFound },
            .idempotencyKey),
        RouteCase(
            PostRaw("/a", needs: "a.write", accepts: ["text/plain"], "message") { _, _ in throw Problem.notFound }),
        RouteCase(.hooks("/hooks/{token}", problems: [404], "hook")),
        RouteCase(
            .browserCall("POST", "/a", .session, returns: SampleRoute.schema, "link") { _ in throw Problem.notFound }),
        RouteCase(
            Delete("/a", needs: "a.write", ifMatch: true, "remove") { _ in throw Problem.notFound }, .idempotencyKey,
            .ifMatch),
        RouteCase(
            Delete("/a", needs: "a.write", "remove whatever it is") { _ in throw Problem.notFound }, .idempotencyKey),
    ]

    @Test(
        "an operation has the headers that have an effect, and the answers that follow from them",
        arguments: reads + writes)
    func headersOfOperations(given: RouteCase) throws {
        let mounted = MountedRoute(given.route, module: nil)
        let document = OpenAPI.document(of: [mounted], version: "1")
        let operation = try #require(document["paths"]?[mounted.path]?[given.route.method.lowercased()])
        let references = (operation["parameters"]?.array ?? []).filter { $0["$ref"] != nil }
        #expect(references == given.headers.map(\.reference))
        let statuses = Set((operation["responses"]?.members ?? []).map(\.name))
        #expect(statuses.contains("304") == given.headers.contains(.ifNoneMatch))
        #expect(statuses.contains("206") == given.headers.contains(.range))
        #expect(statuses.contains("416") == given.headers.contains(.range))
        #expect(statuses.contains("412") == given.headers.contains(.ifMatch))
        #expect(!given.headers.contains(.idempotencyKey) || statuses.isSuperset(of: ["400", "409"]))
    }

    @Test("each is described once, with an example that its schema takes", arguments: HeaderParameter.allCases)
    func descriptions(header: HeaderParameter) throws {
        let parameter = try Self.parameter(header)
        #expect(parameter["name"]?.string == header.rawValue && parameter["in"] == "header")
        #expect(parameter["required"] == false && parameter["description"]?.string?.isEmpty == false)
        #expect(try Self.takes(parameter, try #require(parameter["example"]?.string)))
    }

    @Test(
        "the schema of a key takes what the server takes",
        arguments: [
            "k", "0192f0c1-7a00", "!~", "", " ", "a b", "a\tb", "é", "\u{7F}", String(repeating: "k", count: 255),
            String(repeating: "k", count: 256),
        ])
    func keys(key: String) throws {
        let route = Self.request("POST", .operator, "write")
        let isTaken = Self.passes {
            _ = try IdempotencyHeader.claim(key, of: route, path: "/v1/a", body: .null, HMACSHA256(key: [7]))
        }
        #expect(try Self.takes(try Self.parameter(.idempotencyKey), key) == isTaken)
    }

    @Test(
        "the schema of If-Match takes what the server takes",
        arguments: [
            "*", "\"\"", "\"1\"", "W/\"1\"", "\"é,!\"", "\"1\", \"2\"", "\"1\"\t,W/\"2\",\"3\"", "", ",", ", ,\"1\",,",
            "none", "1", "\"1", "1\"", "'1'", "\"a b\"", "\"1\" \"2\"", "\"1\"2", "\"1\"\"2\"", "*, \"1\"", "**",
            "w/\"1\"", "W/", "W/1", "W/ \"1\"", "\"\u{7F}\"",
        ])
    func tags(text: String) throws {
        let route = Delete("/a", needs: "a.write", ifMatch: true, "x") { _ in throw Problem.notFound }
        let isTaken = Self.passes { _ = try EntityTag.expectedVersions(text, route) }
        #expect(try Self.takes(try Self.parameter(.ifMatch), text) == isTaken)
    }

    private static func passes(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            return false
        }
    }

    /// A header as the document describes it.
    private static func parameter(_ header: HeaderParameter) throws -> JSONValue {
        let components = try #require(OpenAPI.document(of: [], version: "1")["components"]?["parameters"])
        return try #require(components.members?.first { $0.value["name"]?.string == header.rawValue }?.value)
    }

    /// Whether the schema of a header takes a text.
    private static func takes(_ parameter: JSONValue, _ text: String) throws -> Bool {
        let schema = try #require(parameter["schema"])
        let length = Int64(text.unicodeScalars.count)
        let minimum = schema["minLength"]?.integer ?? 0, maximum = schema["maxLength"]?.integer ?? .max
        guard (minimum...maximum).contains(length) else { return false }
        guard let pattern = schema["pattern"]?.string else { return true }
        let regex = try Regex(pattern).matchingSemantics(.unicodeScalar)
        return text.wholeMatch(of: regex) != nil
    }
}
