import HTTP
import PluginKit
import Tenancy
import TestKit
import Testing

/// The battery of the router on a platform with a module that has what those of the project have not: commands,
/// settings, secrets, hooks and assets.
@Suite("IsolationBattery: modules", .serialized, .timeLimit(.minutes(15)))
struct IsolationBatteryModuleTests {
    /// What is open to whoever has an address; tried in `handles` and in `IsolationBatteryFileTests`.
    private static let doors: Set<String> = ["GET /files/{token}", "POST /hooks/{token}"]

    /// Routes that no probe can notice, and why.
    private static let ofNoRows = [
        "GET /v1/hooks/kinds": "the same for everybody",
        "GET /v1/ui/slots": "follows the switches; tried in `switches`",
    ]

    @Test("each route of what modules declare can be entered, so that none of these tests passes by a wrong request")
    func entry() async throws {
        try await IsolationSite.withThirdModule { site in
            let routes = site.moduleRoutes
            #expect(
                Set(routes.map(\.title)).isSuperset(of: [
                    "POST /v1/commands/sample.pin", "PATCH /v1/modules/{id}", "POST /v1/hooks", "GET /v1/ui/slots",
                    "DELETE /v1/sample/notes/{id}", "GET /v1/files/{id}/content",
                ]))
            let doors = site.routes.filter { $0.servesDeclarations && !$0.isForSessions }
            #expect(Set(doors.map(\.title)) == Self.doors)
            for rank in 0...2 {
                for route in routes where Self.rank(route) == rank {
                    let hasID = route.path.contains("{") || !route.bodyIDs.isEmpty
                    var answers: [String] = []
                    for id in hasID ? site.idsOfB + ["sample"] : ["-"] {
                        let body = route.bodyIDs.first.map { route.exampleBody($0, id: id) }
                        let answer = try await site.send(route, id: id, token: site.b.token, body: body)
                        answers.append("\(answer.status) \(answer.code ?? "")")
                        if answer.status < 300 { break }
                    }
                    let isEntered = answers.last?.hasPrefix("2") ?? false
                    #expect(isEntered, "\(route.title) has no entry: \(Set(answers).sorted())")
                }
            }
        }
    }

    /// What takes away comes after what needs it, and the switch after all.
    private static func rank(_ route: MountedRoute) -> Int {
        route.path.hasPrefix("/v1/modules/") ? 2 : route.route.method == "DELETE" ? 1 : 0
    }

    @Test("A53: what modules declare shows and changes nothing of another tenant; without a wall each route is noticed")
    func probes() async throws {
        try await IsolationSite.withThirdModule { site in
            let routes = site.moduleRoutes
            let (words, shown) = try await site.words(routes)
            #expect(words.isEmpty, "\(words)")
            let missing = Set([
                "GET /v1/modules", "GET /v1/hooks", "GET /v1/sample/notes", "GET /v1/sample/notes/{id}",
                "GET /v1/files", "GET /v1/files/{id}", "GET /v1/files/{id}/content",
            ]).subtracting(shown)
            #expect(missing.isEmpty, "A's own answers do not show the word: \(missing)")
            let before = try await site.fingerprint()
            let (inBodies, fields) = try await site.foreignIDsInBodies(routes)
            #expect(inBodies.isEmpty && fields > 0, "\(inBodies)")
            let inPaths = try await site.foreignIDs(routes)
            #expect(inPaths.isEmpty, "\(inPaths)")
            let named = try await site.namedTenants(routes)
            #expect(named.isEmpty, "\(named)")
            let open = try await site.enteredWithoutToken(routes)
            #expect(open.isEmpty, "\(open)")
            let (roles, refused) = try await site.permissions(routes)
            #expect(roles.isEmpty && refused >= 2, "\(roles)")
            #expect(try await site.fingerprint() == before)
            let changed = try await site.effects(routes, naming: ["sample"])
            #expect(changed.isEmpty, "\(changed)")
            try await noticed(site, routes)
        }
    }

    /// Lets B in as A: every route must be noticed by a probe, so that a new one without a probe is.
    private func noticed(_ site: IsolationSite, _ routes: [MountedRoute]) async throws {
        let leaking = site.leaking
        // What is read first, for the rest takes it away.
        var findings = try await leaking.words(routes).findings
        findings += try await leaking.foreignIDsInBodies(routes).findings
        findings += try await leaking.foreignIDs(routes)
        findings += try await leaking.effects(routes, naming: ["sample"])
        let unnoticed = Set(routes.map(\.title)).subtracting(findings.map(\.route))
        #expect(unnoticed == Set(Self.ofNoRows.keys), "\(unnoticed.sorted())")
    }
}
