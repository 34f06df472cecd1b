import PluginKit
import Testing

@testable import HTTP

@Suite("EntityTag")
struct EntityTagTests {
    private static func route(ifMatch: Bool) -> Route {
        Delete("/a", needs: "a.write", ifMatch: ifMatch, "x") { _ in throw Problem.notFound }
    }

    /// A header and the versions of which it expects one.
    struct HeaderCase: Sendable {
        let text: String?
        let versions: [Int64]?
    }

    @Test(
        "If-Match expects the versions whose strong tags it names",
        arguments: [
            HeaderCase(text: nil, versions: nil), HeaderCase(text: "*", versions: nil),
            HeaderCase(text: " * ", versions: nil), HeaderCase(text: "\"5\"", versions: [5]),
            HeaderCase(text: "\"5\",\"7\" , \"9\"", versions: [5, 7, 9]),
            HeaderCase(text: "W/\"5\", \"7\"", versions: [7]), HeaderCase(text: "W/\"5\"", versions: []),
            HeaderCase(text: "\"05\", \"+5\", \"5.0\", \"a,5\", \"\"", versions: []),
            HeaderCase(text: "\"99999999999999999999\"", versions: []), HeaderCase(text: "", versions: []),
        ])
    func versions(given: HeaderCase) throws {
        let versions = try EntityTag.expectedVersions(given.text, Self.route(ifMatch: true))
        #expect(versions?.map(\.microseconds) == given.versions)
    }

    @Test("what is no list of tags is refused", arguments: ["5", "\"5", "\"5\" \"7\"", "*, \"5\"", "\"5 7\""])
    func malformed(text: String) {
        let problem = #expect(throws: Problem.self) {
            try EntityTag.expectedVersions(text, Self.route(ifMatch: true))
        }
        #expect(problem?.status == 400 && problem?.code == "if_match_invalid")
    }

    @Test("a route that compares no versions refuses every one")
    func unsupported() throws {
        let problem = #expect(throws: Problem.self) {
            try EntityTag.expectedVersions("\"5\"", Self.route(ifMatch: false))
        }
        #expect(problem?.code == "if_match_unsupported")
        #expect(try EntityTag.expectedVersions(nil, Self.route(ifMatch: false)) == nil)
    }
}
