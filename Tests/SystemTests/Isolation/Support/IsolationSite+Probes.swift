import HTTP
import NIOHTTP1
import PluginKit
import Tenancy
import TestKit

/// Probes of routes: tenant B asks, and each answers what it found of tenant A, which is nothing where they are apart.
extension IsolationSite {
    /// The same site where B is let in as A: a platform without any wall, at which each probe must find something.
    var leaking: IsolationSite {
        IsolationSite(
            test: test, client: client, tables: tables, a: a, b: a, idsOfA: idsOfA, idsOfB: idsOfB, hooks: hooks)
    }

    /// Sends A's ids in the path, and ids that nobody has: the answers must be the same.
    func foreignIDs(_ routes: [MountedRoute]) async throws -> [IsolationFinding] {
        var findings: [IsolationFinding] = []
        for route in routes where route.path.contains("{") {
            for id in idsOfA {
                let foreign = try await send(route, id: id, token: b.token)
                let missing = try await send(route, id: ID<Void>.make().description, token: b.token)
                findings += IsolationSite.differences(foreign, missing, route.title)
                if foreign.text.contains(id) { findings.append(.init(route: route.title, what: "shows \(id)")) }
            }
        }
        return findings
    }

    /// The same in the body and in the query.
    ///
    /// - Returns: how many fields there were to send ids in, too.
    func foreignIDsInBodies(_ routes: [MountedRoute]) async throws -> (findings: [IsolationFinding], fields: Int) {
        var findings: [IsolationFinding] = []
        var fields = 0
        for route in routes {
            for own in route.path.contains("{") ? idsOfB : ["-"] {
                for id in idsOfA {
                    let random = ID<Void>.make().description
                    for field in route.bodyIDs {
                        let foreign = try await send(
                            route, id: own, token: b.token, body: route.exampleBody(field, id: id))
                        let missing = try await send(
                            route, id: own, token: b.token, body: route.exampleBody(field, id: random))
                        findings += IsolationSite.differences(foreign, missing, route.title, field)
                        fields += 1
                    }
                    for name in route.queryIDs {
                        let foreign = try await send(route, id: own, token: b.token, suffix: "\(name)=\(id)")
                        let missing = try await send(route, id: own, token: b.token, suffix: "\(name)=\(random)")
                        findings += IsolationSite.differences(foreign, missing, route.title, name)
                        fields += 1
                    }
                }
            }
        }
        return (findings, fields)
    }

    /// Reads everything, also with headers that name A: no answer may hold A's word or id.
    ///
    /// - Returns: the routes of A's own answers that show the word, too; one for each answer.
    func words(_ routes: [MountedRoute]) async throws -> (findings: [IsolationFinding], shown: [String]) {
        let names: [(String, String)] = [
            ("X-Tenant", a.slug), ("X-Tenant-Id", a.id.description), ("X-Forwarded-Host", "\(a.slug).example"),
            ("X-Original-URL", "/v1/members"), ("X-HTTP-Method-Override", "DELETE"),
            ("Forwarded", "host=\(a.slug).example"), ("Cookie", "tenant=\(a.slug); token=\(a.token)"),
            ("Prefer", "tenant=\(a.id)"),
        ]
        var findings: [IsolationFinding] = []
        var shown: [String] = []
        for route in routes where route.route.method == "GET" {
            for id in route.path.contains("{") ? idsOfA + idsOfB : ["-"] {
                for headers in [[], names] {
                    let answer = try await send(route, id: id, token: b.token, headers: headers)
                    for word in [IsolationTenant.canary, a.id.description] {
                        let isInHeaders = answer.headers.contains { $0.value.contains(word) }
                        guard answer.text.contains(word) || isInHeaders else { continue }
                        findings.append(.init(route: route.title, what: "shows \(word)"))
                    }
                }
                let own = try await send(route, id: id, token: a.token)
                if own.text.contains(IsolationTenant.canary) { shown.append(route.title) }
            }
        }
        return (findings, shown)
    }

    /// Does what changes something, with B's own ids and `names`: none of A's rows may become another.
    func effects(_ routes: [MountedRoute], naming names: [String]) async throws -> [IsolationFinding] {
        var findings: [IsolationFinding] = []
        for route in routes where route.route.method != "GET" {
            // That somebody was there is noted before, where it is noted.
            _ = try await client.send("GET", "/v1/me", token: b.token)
            let before = try await fingerprint()
            for id in route.path.contains("{") ? idsOfB + names : ["-"] {
                _ = try await send(route, id: id, token: b.token)
            }
            let after = try await fingerprint()
            let changed = after.filter { !before.contains($0) }.compactMap { $0.split(separator: " ").first }
            if !changed.isEmpty { findings.append(.init(route: route.title, what: "changes \(changed)")) }
        }
        return findings
    }

    /// Names A in the query and the body, where nothing takes a tenant.
    func namedTenants(_ routes: [MountedRoute]) async throws -> [IsolationFinding] {
        var findings: [IsolationFinding] = []
        for route in routes {
            let id = idsOfB[0]
            let query = try await send(route, id: id, token: b.token, suffix: "tenant_id=\(a.id)")
            if query.status != 422 { findings.append(.init(route: route.title, what: "query \(query.status)")) }
            guard let body = route.exampleBody else { continue }
            let members = (body.members ?? []) + [.init("tenant_id", .string(a.id.description))]
            let named = try await send(route, id: id, token: b.token, body: .object(members))
            if named.status != 422 { findings.append(.init(route: route.title, what: "body \(named.status)")) }
        }
        return findings
    }

    /// In what two answers differ besides the request's own names, and what the first tells of A.
    private static func differences(
        _ foreign: TestClient.Answer, _ missing: TestClient.Answer, _ route: String, _ field: String = "path"
    ) -> [IsolationFinding] {
        let ignored: Set<String> = ["x-request-id", "traceparent", "date"]
        let headers = [foreign, missing].map { answer in
            answer.headers.filter { !ignored.contains($0.name.lowercased()) }.map { "\($0.name): \($0.value)" }.sorted()
        }
        var differences: [String] = []
        if foreign.status != missing.status { differences.append("\(foreign.status), not \(missing.status)") }
        if foreign.status >= 500 { differences.append("\(foreign.status)") }
        if foreign.withoutRequestID != missing.withoutRequestID { differences.append("another body") }
        if headers[0] != headers[1] { differences.append("other headers") }
        if foreign.text.contains(IsolationTenant.canary) { differences.append("the word") }
        return differences.map { IsolationFinding(route: route, what: "\(field): \($0)") }
    }
}
