import HTTP
import Identity
import PluginKit
import Tenancy
import TestKit

/// Probes of who is let in; each answers the routes that let in or keep out the wrong ones.
extension IsolationSite {
    /// Asks without a token, with garbage, with one that ended or is not yet valid, and with another audience's.
    func enteredWithoutToken(_ routes: [MountedRoute]) async throws -> [IsolationFinding] {
        let valid = b.token
        let invalid: [String?] = [
            nil, "", "garbage", "rmo_x", "eyJhbGciOiJub25lIn0.e30.", String(valid.dropLast()), valid + "A",
            valid.split(separator: ".").dropLast().joined(separator: ".") + ".", try token(tenant: b.id, age: 3600),
            try token(tenant: b.id, age: -3600), try token(tenant: nil, audience: .operator),
            try token(tenant: b.id, secret: "x"),
        ]
        var findings: [IsolationFinding] = []
        for route in routes {
            let foreign = route.route.access == .operator ? valid : test.operatorToken
            for token in invalid + [foreign] {
                let answer = try await send(route, id: idsOfB[0], token: token)
                guard answer.status != 401 || answer.code != "unauthenticated" else { continue }
                findings.append(.init(route: route.title, what: "\(answer.status) \(answer.code ?? "")"))
            }
        }
        return findings
    }

    /// Asks as an agent, and as somebody with a role that is none.
    ///
    /// - Returns: how many routes refused the agent, too.
    func permissions(_ routes: [MountedRoute]) async throws -> (findings: [IsolationFinding], refused: Int) {
        let agent = try await agent()
        let me = try await client.send("GET", "/v1/me", token: agent)
        let granted = Set((me.json["permissions"]?.array ?? []).compactMap(\.string))
        let nobody = try token(tenant: b.id, role: "nobody")
        var findings: [IsolationFinding] = []
        if granted.isEmpty { findings.append(.init(route: "GET /v1/me", what: "an agent may do nothing")) }
        var refused = 0
        for route in routes {
            guard case .permission(let permission) = route.route.access else { continue }
            let answer = try await send(route, id: idsOfB[0], token: agent)
            if (answer.status == 403) == granted.contains(permission) {
                findings.append(.init(route: route.title, what: "agent: \(answer.status)"))
            }
            refused += answer.status == 403 ? 1 : 0
            let without = try await send(route, id: idsOfB[0], token: nobody)
            if without.status != 403 || without.code != "forbidden" {
                findings.append(.init(route: route.title, what: "nobody: \(without.status)"))
            }
        }
        return (findings, refused)
    }
}
