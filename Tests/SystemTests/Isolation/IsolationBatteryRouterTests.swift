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
                    var answer = try await site.send(route, id: id, token: bearer)
                    // Other tests keep the machine busy; then it says so, and that is no word on the route.
                    if answer.code == "database_timeout" { answer = try await site.send(route, id: id, token: bearer) }
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
            let routes = site.routes.filter { $0.isForSessions || $0.route.access == .operator }
            let findings = try await site.enteredWithoutToken(routes)
            #expect(findings.isEmpty, "\(findings)")
        }
    }

    @Test("A53: another tenant's id in the path answers exactly like a missing one")
    func foreignIDsAreMissing() async throws {
        try await IsolationSite.with { site in
            let before = try await site.fingerprint()
            #expect(site.idsOfA.count > 8)
            let findings = try await site.foreignIDs(site.tenantRoutes)
            #expect(findings.isEmpty, "\(findings)")
            #expect(try await site.fingerprint() == before)
        }
    }

    @Test("A56: another tenant's id in a body or a query answers exactly like a missing one")
    func foreignIDsInBodies() async throws {
        try await IsolationSite.with { site in
            let before = try await site.fingerprint()
            let (findings, fields) = try await site.foreignIDsInBodies(site.tenantRoutes)
            #expect(findings.isEmpty, "\(findings)")
            #expect(fields > 0)
            #expect(try await site.fingerprint() == before)
        }
    }

    @Test("no answer to one tenant holds a word of another's, whatever tenant the request names besides its token")
    func noCanaryInAnyAnswer() async throws {
        try await IsolationSite.with { site in
            let (findings, shown) = try await site.words(site.tenantRoutes)
            #expect(findings.isEmpty, "\(findings)")
            #expect(shown.count >= 5, "A's own answers show the word, so a leak would be seen")
        }
    }

    @Test("A67: a tenant is named by the token alone: neither query nor body takes one")
    func noTenantInRequests() async throws {
        try await IsolationSite.with { site in
            let findings = try await site.namedTenants(site.tenantRoutes)
            #expect(findings.isEmpty, "\(findings)")
        }
    }
}
