import Foundation
import HTTP
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What DESIGN asks of every route: whatever changes something tells of it.
@Suite("Every change is an event")
struct EventContractTests {
    /// Routes that change nothing a tenant could be told of, and why.
    private static let silent = [
        "POST /v1/auth/refresh": "the login stays the same",
        "POST /v1/presence": "said in passing", "POST /v1/typing": "said in passing",
        "POST /v1/files/{id}/links": "a link is a signature and changes nothing",
        "POST /v1/operator/jobs/redrive": "there was no dead job", "POST /v1/jobs/redrive": "there was no dead job",
        "POST /v1/auth/oidc/{connection}/link": "nothing is linked before the provider has answered",
        "POST /v1/conversations/bulk": "its example names none that are there; each item is a change like any other",
        "PUT /v1/operator/plans/{id}": "of no tenant", "PUT /v1/operator/settings/{key}": "of no tenant",
        "DELETE /v1/operator/settings/{key}": "of no tenant", "POST /v1/operator/plugins/{id}/pause": "of no tenant",
        "POST /v1/operator/plugins/{id}/resume": "of no tenant",
        "POST /v1/operator/maintenance/{id}/run": "of no tenant",
        "POST /v1/operator/tenants/{id}/erase": "nothing stays of it",
    ]

    /// Routes whose example is refused here whatever id it names, so that nothing is learnt of them.
    private static let refused: Set<String> = [
        // They need a secret, a password or a proof that the example only looks like.
        "POST /hooks/{token}", "POST /v1/auth/login", "POST /v1/auth/password-resets/confirm",
        "POST /v1/invitations/accept", "POST /v1/auth/customers", "POST /v1/auth/oidc/{connection}/second-factor",
        "POST /v1/me/password", "POST /v1/me/second-factor", "POST /v1/me/second-factor/confirm",
        "POST /v1/me/second-factor/remove",
        // No mail is sent here.
        "POST /v1/auth/password-resets",
        // For customers, who are asked for elsewhere.
        "POST /v1/customer/conversations", "POST /v1/customer/conversations/{id}/messages",
        // The example names what is not there.
        "POST /v1/hooks", "POST /v1/operator/tenants/{id}/impersonations",
        // The only owner stays, and the planted key has ended.
        "PATCH /v1/members/{id}", "DELETE /v1/members/{id}", "DELETE /v1/api-keys/{id}",
        // Another route has removed before what these would change.
        "PATCH /v1/roles/{id}", "PATCH /v1/teams/{id}", "POST /v1/hooks/{id}/rotate", "DELETE /v1/customer-keys/{id}",
        // One id in both places is never right.
        "DELETE /v1/operator/tenants/{id}/hosts/{host}",
        "POST /v1/operator/tenants/{id}/members/{member_id}/password-reset",
        "DELETE /v1/operator/tenants/{id}/impersonations/{impersonation_id}",
        "POST /v1/operator/tenants/{id}/jobs/{job_id}/retry", "POST /v1/operator/tenants/{id}/jobs/{job_id}/cancel",
    ]

    @Test("every route that changes something of a tenant tells of it in the same transaction")
    func everyChange() async throws {
        try await IsolationSite.with { site in
            var mute: [String] = []
            var unheard: [String: Int] = [:]
            var token = try await site.test.login(site.b)
            var heard = 0
            for route in site.routes where route.route.method != "GET" && EventContractTests.silent[route.title] == nil
            {
                if try await site.client.send("GET", "/v1/me", token: token).status == 401 {
                    token = try await site.test.login(site.b)
                }
                for id in site.idsOfB + ["knowledge"] {
                    let before = try await EventContractTests.count(site)
                    let bearer = route.route.access == .operator ? site.test.operatorToken : token
                    let answer = try await site.send(route, id: id, token: bearer)
                    guard answer.status < 300 else {
                        unheard[route.title] = answer.status
                        if route.path.contains("{") { continue } else { break }
                    }
                    unheard[route.title] = nil
                    if try await EventContractTests.count(site) > before {
                        heard += 1
                    } else {
                        mute.append(route.title)
                    }
                    break
                }
            }
            #expect(mute.isEmpty)
            #expect(heard > 30)
            let (found, declared) = (Set(unheard.keys), EventContractTests.refused)
            let surprises = found.subtracting(declared).sorted().map { "\($0) (\(unheard[$0] ?? 0))" }
            #expect(surprises.isEmpty, "refused, and not declared so: \(surprises)")
            let answered = declared.subtracting(found).sorted()
            #expect(answered.isEmpty, "declared as refused, and not so: \(answered)")
        }
    }

    private static func count(_ site: IsolationSite) async throws -> Int {
        try await site.test.database.asSuperuser { admin in
            try await admin.run("SELECT count(*) AS events FROM core.events").first?.get("events") ?? 0
        }
    }

    @Test("the kernel's types are the same in the document and in the database")
    func types() async throws {
        try await TestPlatform.with { test in
            let declared = try await test.database.asSuperuser { admin in
                let result = try await admin.run("SELECT type FROM core.event_types WHERE module = 'core'")
                return Set(try result.rows.map { try $0.get("type", as: String.self) })
            }
            let tenant = try await test.tenant("acme")
            let answer = try await TestClient(test.url).send("GET", "/v1/events/types", token: tenant.token)
            let shown = (answer.json["data"]?.array ?? []).filter { $0["module"]?.string == "core" }
            #expect(Set(shown.compactMap { $0["type"]?.string }) == declared && declared.count > 30)
        }
    }

    @Test("an event says who acted, what was before, and nothing that is secret")
    func content() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let made = try await client.send(
                "POST", "/v1/api-keys", token: tenant.token,
                body: ["name": "Export", "permissions": ["members.read"]])
            #expect(made.status == 201)
            let id = try #require(made.json["id"]?.string)
            _ = try await client.send("DELETE", "/v1/api-keys/\(id)", token: tenant.token)
            let row = try await test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT string_agg(type, ' ' ORDER BY at) AS types, bool_and(actor_kind = 'm') AS by_member,
                           bool_and(actor_id = \(tenant.session.actor.id)) AS by_admin,
                           bool_and(request_id IS NOT NULL) AS has_request,
                           bool_or(data::text || changes::text LIKE '%hash%') AS has_secret,
                           bool_or(changes ? 'revoked_at') AS tells_of_end
                    FROM core.events
                    WHERE subject = \(try #require(UUID(uuidString: id)))
                    """
                ).first
            }
            let told = try #require(row)
            #expect(try told.get("types", as: String.self) == "api_key.created api_key.updated")
            #expect(try told.get("by_member", as: Bool.self) && told.get("by_admin", as: Bool.self))
            #expect(try told.get("has_request", as: Bool.self) && told.get("tells_of_end", as: Bool.self))
            #expect(try !told.get("has_secret", as: Bool.self))
        }
    }

    @Test("what is only looked up again and again is no event; what is taken away as a whole is")
    func quiet() async throws {
        try await IsolationSite.with { site in
            let token = try await site.test.login(site.b)
            var before = try await EventContractTests.count(site)
            for route in site.routes where route.route.method == "GET" && route.route.access != .public {
                let bearer = route.route.access == .operator ? site.test.operatorToken : token
                let answer = try await site.send(route, id: site.idsOfB[0], token: bearer)
                let after = try await EventContractTests.count(site)
                let isTaken = route.route.medium == .export && answer.status == 200
                #expect(after - before == (isTaken ? 1 : 0), "\(route.title)")
                before = after
            }
        }
    }
}
