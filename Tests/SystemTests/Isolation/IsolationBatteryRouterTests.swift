import HTTP
import Identity
import NIOHTTP1
import Platform
import PluginKit
import Tenancy
import TestKit
import Testing

/// What a caller learns over HTTP of a tenant that is not theirs: nothing. Generated from the table of routes.
@Suite("IsolationBattery: router")
struct IsolationBatteryRouterTests {
    /// What routes answer whose example needs a secret or a second id that only another request gives.
    private static let answersWithoutSecret = [
        "POST /v1/auth/login": "login_refused", "POST /v1/auth/refresh": "refresh_refused",
        "POST /v1/auth/password-resets/confirm": "reset_refused", "POST /v1/invitations/accept": "invitation_refused",
        "POST /v1/me/password": "login_refused", "POST /v1/me/second-factor": "login_refused",
        "POST /v1/me/second-factor/confirm": "code_refused", "POST /v1/me/second-factor/remove": "login_refused",
        "DELETE /v1/roles/{id}": "role_in_use", "PATCH /v1/roles/{id}": "already_exists",
        "PATCH /v1/teams/{id}": "already_exists", "DELETE /v1/api-keys/{id}": "not_found",
        "DELETE /v1/customer-keys/{id}": "not_found",
        "PATCH /v1/members/{id}": "last_owner",
        "DELETE /v1/members/{id}": "last_owner", "POST /v1/operator/tenants/{id}/impersonations": "not_found",
        "DELETE /v1/operator/tenants/{id}/impersonations/{impersonation_id}": "not_found",
        "GET /v1/auth/oidc/{connection}/start": "provider_failed",
        "GET /v1/auth/oidc/{connection}/callback": "sign_in_refused",
        "POST /v1/auth/oidc/{connection}/second-factor": "sign_in_refused",
        "POST /v1/operator/tenants/{id}/erase": "confirmation_differs",
        "GET /v1/operator/tenants/{id}/jobs/{job_id}": "not_found",
        "POST /v1/operator/tenants/{id}/jobs/{job_id}/retry": "not_found",
        "POST /v1/operator/tenants/{id}/jobs/{job_id}/cancel": "not_found",
        "POST /v1/operator/tenants/{id}/members/{member_id}/password-reset": "not_found",
        "GET /files/{token}": "not_found", "POST /v1/auth/customers": "identity_refused",
        "POST /v1/auth/password-resets": "mail_not_configured",
        "POST /hooks/{token}": "not_found", "POST /v1/hooks": "reference_missing",
        "POST /v1/hooks/{id}/rotate": "role_forbidden",
        "DELETE /v1/operator/tenants/{id}/hosts/{host}": "not_found",
    ]

    @Test("every route can be entered with its own example, so that none of these tests passes by a wrong request")
    func everyRouteCanBeEntered() async throws {
        try await IsolationSite.with { site in
            let third = try await site.test.tenant("third")
            let customer = try await site.customer()
            let others = site.idsOfB.filter { $0 != site.b.id.description }
            for route in site.routes {
                let token = try await site.test.login(site.b)
                var answers: [String] = []
                // A customer may not send as many requests at once as there are ids.
                let ids = route.isForCustomers ? [customer.conversation] : others
                for id in ids + ["knowledge", "maintenance", third.id.description] {
                    let bearer =
                        switch route.route.access {
                        case .operator: site.test.operatorToken
                        case .customer: customer.token
                        default: token
                        }
                    let answer = try await site.send(route, id: id, token: bearer)
                    answers.append(answer.code ?? "\(answer.status)")
                    if answer.status < 300 || !route.path.contains("{") { break }
                }
                let known = Self.answersWithoutSecret[route.title]
                let isEntered = answers.last.map { $0.hasPrefix("2") } ?? false || known.map(answers.contains) ?? false
                #expect(isEntered, "\(route.title) has no entry: \(Set(answers).sorted())")
            }
        }
    }

    @Test("no route of a tenant or an operator answers without its own valid token")
    func everyRouteNeedsItsToken() async throws {
        try await IsolationSite.with { site in
            let valid = site.b.token
            let invalid: [String?] = [
                nil, "", "garbage", "rmo_x", "eyJhbGciOiJub25lIn0.e30.", String(valid.dropLast()), valid + "A",
                valid.split(separator: ".").dropLast().joined(separator: ".") + ".",
                try site.token(tenant: site.b.id, age: 3600), try site.token(tenant: site.b.id, age: -3600),
                try site.token(tenant: nil, audience: .operator), try site.token(tenant: site.b.id, secret: "x"),
            ]
            for route in site.routes where route.isForSessions || route.route.access == .operator {
                let foreign = route.route.access == .operator ? valid : site.test.operatorToken
                for token in invalid + [foreign] {
                    let answer = try await site.send(route, id: site.idsOfB[0], token: token)
                    #expect(answer.status == 401 && answer.code == "unauthenticated", "\(route.title)")
                }
            }
        }
    }

    @Test("A53: another tenant's id in the path answers exactly like a missing one")
    func foreignIDsAreMissing() async throws {
        try await IsolationSite.with { site in
            let before = try await site.fingerprint()
            #expect(site.idsOfA.count > 8)
            for route in site.tenantRoutes where route.path.contains("{") {
                for id in site.idsOfA {
                    let foreign = try await site.send(route, id: id, token: site.b.token)
                    let missing = try await site.send(route, id: ID<Void>.make().description, token: site.b.token)
                    Self.expectSame(foreign, missing, route.title)
                    #expect(!foreign.text.contains(id), "\(route.title)")
                }
            }
            #expect(try await site.fingerprint() == before)
        }
    }

    @Test("A56: another tenant's id in a body or a query answers exactly like a missing one")
    func foreignIDsInBodies() async throws {
        try await IsolationSite.with { site in
            let before = try await site.fingerprint()
            var fields = 0
            for route in site.tenantRoutes {
                for own in route.path.contains("{") ? site.idsOfB : ["-"] {
                    for id in site.idsOfA {
                        let random = ID<Void>.make().description
                        for field in route.bodyIDs {
                            let foreign = try await site.send(
                                route, id: own, token: site.b.token, body: route.exampleBody(field, id: id))
                            let missing = try await site.send(
                                route, id: own, token: site.b.token, body: route.exampleBody(field, id: random))
                            Self.expectSame(foreign, missing, "\(route.title) \(field)")
                            fields += 1
                        }
                        for name in route.queryIDs {
                            let foreign = try await site.send(
                                route, id: own, token: site.b.token, suffix: "\(name)=\(id)")
                            let missing = try await site.send(
                                route, id: own, token: site.b.token, suffix: "\(name)=\(random)")
                            Self.expectSame(foreign, missing, "\(route.title) \(name)")
                            fields += 1
                        }
                    }
                }
            }
            #expect(fields > 0)
            #expect(try await site.fingerprint() == before)
        }
    }

    /// Same status, same headers, same body but for the names of the request, and nothing of tenant A.
    private static func expectSame(_ foreign: TestClient.Answer, _ missing: TestClient.Answer, _ what: String) {
        #expect(foreign.status == missing.status && foreign.status < 500, "\(what)")
        #expect(foreign.withoutRequestID == missing.withoutRequestID, "\(what)")
        let ignored: Set<String> = ["x-request-id", "traceparent", "date"]
        let headers = [foreign, missing].map { answer in
            answer.headers.filter { !ignored.contains($0.name.lowercased()) }.map { "\($0.name): \($0.value)" }.sorted()
        }
        #expect(headers[0] == headers[1], "\(what)")
        #expect(!foreign.text.contains(IsolationTenant.canary), "\(what)")
    }

    @Test("no answer to one tenant holds a word of another's, whatever tenant the request names besides its token")
    func noCanaryInAnyAnswer() async throws {
        try await IsolationSite.with { site in
            let names: [(String, String)] = [
                ("X-Tenant", site.a.slug), ("X-Tenant-Id", site.a.id.description),
                ("X-Forwarded-Host", "\(site.a.slug).example"),
                ("X-Original-URL", "/v1/members"), ("X-HTTP-Method-Override", "DELETE"),
                ("Forwarded", "host=\(site.a.slug).example"),
                ("Cookie", "tenant=\(site.a.slug); token=\(site.a.token)"), ("Prefer", "tenant=\(site.a.id)"),
            ]
            var shown = 0
            for route in site.tenantRoutes where route.route.method == "GET" {
                for id in route.path.contains("{") ? site.idsOfA + site.idsOfB : ["-"] {
                    for headers in [[], names] {
                        let answer = try await site.send(route, id: id, token: site.b.token, headers: headers)
                        for word in [IsolationTenant.canary, site.a.id.description] {
                            #expect(!answer.text.contains(word), "\(route.title)")
                            #expect(!answer.headers.contains { $0.value.contains(word) }, "\(route.title)")
                        }
                    }
                    let own = try await site.send(route, id: id, token: site.a.token)
                    shown += own.text.contains(IsolationTenant.canary) ? 1 : 0
                }
            }
            #expect(shown >= 5, "A's own answers show the word, so a leak would be seen")
        }
    }

    @Test("A67: a tenant is named by the token alone: neither query nor body takes one")
    func noTenantInRequests() async throws {
        try await IsolationSite.with { site in
            for route in site.tenantRoutes {
                let id = site.idsOfB[0]
                let query = try await site.send(route, id: id, token: site.b.token, suffix: "tenant_id=\(site.a.id)")
                #expect(query.status == 422, "\(route.title): \(query.status)")
                guard let body = route.exampleBody else { continue }
                let members = (body.members ?? []) + [.init("tenant_id", .string(site.a.id.description))]
                let named = try await site.send(route, id: id, token: site.b.token, body: .object(members))
                #expect(named.status == 422, "\(route.title): \(named.status)")
            }
        }
    }
}
