import Foundation
@_spi(Kernel) import PluginKit
import Testing

/// A route that does many of the same, by itself.
@Suite("Bulk route")
struct BulkRouteTests {
    private static func statuses(_ reply: Reply) throws -> [(Int64, String?)] {
        let json = try JSONParser.parse(reply.encode { _ in "" })
        return (json["results"]?.array ?? []).map { ($0["status"]?.integer ?? 0, $0["code"]?.string) }
    }

    private static let three: JSONValue = [
        "items": [["name": "one", "note": nil], ["name": "busy", "note": nil], ["name": "three", "note": nil]]
    ]

    private static let route = Bulk("/a/bulk", needs: "p", takes: Demanding.self, returns: Note.self, "s") { _, input in
        guard input.name != "busy" else { throw Problem(status: 503, code: "busy", detail: "Later.") }
        return try Resource(Note.result([(RouteBuildersTests.id, input.name, 1)]))
    }

    @Test("what fails on our side is told in its place, and costs nobody else's answer")
    func failures() async throws {
        let reply = try await Self.route.respond(to: RouteBuildersTests.call, body: Self.three)
        let results = try Self.statuses(reply)
        #expect(results.map(\.0) == [200, 503, 200] && results[1].1 == "busy")
    }

    /// A call that may begin work until an instant.
    private static func call(until end: ContinuousClock.Instant) -> Call {
        Call(
            request: RouteBuildersTests.call.request, tenant: .make(),
            actor: Actor(kind: .member, id: .make(), role: "admin"), session: nil, tx: .none, beginsUntil: end)
    }

    @Test("what there is no time for is not begun, and told so")
    func deadline() async throws {
        let late = try await Self.route.respond(to: Self.call(until: .now - .seconds(1)), body: Self.three)
        #expect(try Self.statuses(late).allSatisfy { $0 == (503, "not_attempted") })
        let early = try await Self.route.respond(to: Self.call(until: .now + .seconds(60)), body: Self.three)
        #expect(try Self.statuses(early).map(\.0) == [200, 503, 200])
    }

    @Test("whoever has gone is worked for no longer")
    func cancelled() async throws {
        let reply = try await withThrowingTaskGroup(of: Reply.self) { group in
            group.addTask {
                while !Task.isCancelled { await Task.yield() }
                return try await Self.route.respond(to: RouteBuildersTests.call, body: Self.three)
            }
            group.cancelAll()
            return try #require(try await group.next())
        }
        #expect(try Self.statuses(reply).allSatisfy { $0.1 == "not_attempted" })
    }
}
