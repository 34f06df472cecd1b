import Foundation
@_spi(Kernel) import PluginKit
import Testing

@Suite("Route builders")
struct RouteBuildersTests {
    static let id = UUID.numbered(1)

    static let call = Call(
        request: Request(
            id: "r1", parameters: [("id", id.lowercased)], query: .empty, page: PageRequest(limit: 25, after: [])),
        tenant: .make(), actor: Actor(kind: .member, id: .make(), role: "admin"), session: nil, tx: .none)

    private static func note(_ title: String) throws -> Resource<Note> {
        try Resource(Note.result([(id, title, 1)]))
    }

    private func body(_ reply: Reply) -> String {
        reply.encode { _ in "" }.text
    }

    @Test("a builder gives its route method, status and access")
    func builderGivesMethodAndStatus() {
        let routes = [
            Get("/a", needs: "p", returns: Note.self, "s") { _ in try Self.note("a") },
            List("/a", needs: "p", of: Note.self, "s") { _ in Page([]) },
            Post("/a", needs: "p", takes: Demanding.self, returns: Note.self, "s") { _, _ in try Self.note("a") },
            Patch("/a", needs: "p", takes: Demanding.self, returns: Note.self, "s") { _, _ in try Self.note("a") },
            Delete("/a", needs: "p", "s") { _ in },
        ]
        #expect(routes.map(\.method) == ["GET", "GET", "POST", "PATCH", "DELETE"])
        #expect(routes.map(\.status) == [200, 200, 201, 200, 204])
        #expect(routes.map(\.isList) == [false, true, false, false, false])
        #expect(routes.map { $0.body?.name } == [nil, nil, "Demanding", "Demanding", nil])
        #expect(routes.map { $0.answer?.name } == ["Note", "Note", "Note", "Note", nil])
        #expect(routes.allSatisfy { $0.access == .permission("p") && $0.path == "/a" && $0.summary == "s" })
    }

    @Test("a handler gets the validated body and answers with the route's status")
    func handlerGetsBody() async throws {
        let route = Post("/a", needs: "p", takes: Demanding.self, returns: Note.self, "s") { call, input in
            try Resource(Note.result([(call.path("id", as: TenantID.self).uuid, input.name, nil)]))
        }
        let reply = try await route.respond(to: Self.call, body: ["name": "Anna", "note": nil])
        #expect(reply.status == 201)
        #expect(body(reply) == #"{"id":"\#(Self.id.lowercased)","title":"Anna","stars":null}"#)
    }

    @Test("a body that is not as declared never reaches the handler")
    func wrongBodyIsKeptOut() async {
        let route = Patch("/a", needs: "p", takes: Demanding.self, returns: Note.self, "s") { _, _ in
            Issue.record("the handler was called")
            throw Problem.notFound
        }
        let problem = await #expect(throws: Problem.self) { try await route.respond(to: Self.call, body: ["name": 1]) }
        #expect(problem?.status == 422)
    }

    @Test("a route that removes answers without a body")
    func deletionHasNoBody() async throws {
        let reply = try await Delete("/a", needs: "p", "s") { _ in }.respond(to: Self.call, body: .null)
        #expect(reply.status == 204 && reply.isEmpty && body(reply) == "")
    }

    @Test("a route for sessions does not answer a request without one, nor the other way round")
    func kindsOfRoutesDoNotMix() async {
        let session = Delete("/a", needs: "p", "s") { _ in }
        await #expect(throws: Problem.self) { try await session.respond(to: Self.call.request, body: .null) }
        let open = Route.request("GET", "/a", .public, returns: Note.self, "s") { _ in try Self.note("a") }
        await #expect(throws: Problem.self) { try await open.respond(to: Self.call, body: .null) }
    }

    @Test("the kernel's builders say who may call")
    func kernelBuildersSayAccess() async throws {
        let open = Route.request("GET", "/a", .operator, returns: Note.self, "s") { _ in try Self.note("open") }
        #expect(open.access == .operator)
        #expect(body(try await open.respond(to: Self.call.request, body: .null)).contains(#""title":"open""#))
        let own = Route.call("GET", "/me", .session, returns: Note.self, "s") { _ in try Self.note("own") }
        #expect(own.access == .session)
        #expect(body(try await own.respond(to: Self.call, body: .null)).contains(#""title":"own""#))
    }
}
