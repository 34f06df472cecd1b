import Identity
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Bodies that come so late that what let their requests in has ended.
@Suite("Late bodies")
struct LateBodyTests {
    /// What ends while the body is on its way.
    enum End: String, CaseIterable {
        case tenantSuspended, moduleOff, memberRemoved, keyEnded

        /// What the sender is told.
        var code: String {
            switch self {
            case .tenantSuspended: "tenant_suspended"
            case .moduleOff: "module_disabled"
            case .memberRemoved, .keyEnded: "unauthenticated"
            }
        }
    }

    private static let body = #"{"title": "Late", "body": "Too late"}"#

    @Test("A request whose caller or module ended before its body came does nothing", arguments: End.allCases)
    func ended(end: End) async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "admin")
            let member = try await site.token("grace")
            let key = try await site.send("POST", "/api-keys", ["name": "k", "permissions": ["knowledge.write"]]).json
            let token = end == .keyEnded ? try #require(key["key"]?.string) : member
            let late = LateBody(text: Self.body, path: "/v1/knowledge/items", url: site.test.url, token: token)
            let answer = try await late.send {
                switch end {
                case .tenantSuspended:
                    let path = "/v1/operator/tenants/\(site.tenant.id)/suspend"
                    _ = try await site.client.send("POST", path, token: site.test.operatorToken)
                case .moduleOff: _ = try await site.send("PATCH", "/modules/knowledge", ["enabled": false])
                case .memberRemoved: _ = try await site.send("DELETE", "/members/\(id)")
                case .keyEnded: _ = try await site.send("DELETE", "/api-keys/\(key["id"]?.string ?? "")")
                }
                try await site.test.platform.control.refresh()
            }
            #expect(answer.contains(#""code":"\#(end.code)""#), "\(answer)")
            let items = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT FROM knowledge.knowledge_items WHERE title = 'Late'").count
            }
            #expect(items == 0)
        }
    }

    @Test("A request whose body is late and whose caller stands is done")
    func standing() async throws {
        try await PeopleSite.with { site in
            let answer = try await LateBody(
                text: Self.body, path: "/v1/knowledge/items", url: site.test.url, token: site.tenant.token
            ).send {}
            #expect(answer.contains("HTTP/1.1 201 "), "\(answer)")
        }
    }

    @Test("An operator whose token ended before the body came does nothing")
    func operators() async throws {
        try await PeopleSite.with { site in
            let operators = site.test.platform.identity.operators
            let token = try await operators.issue(name: "late", lifetime: .seconds(3600))
            let id = try #require(ID<Operator>(token.split(separator: "_")[1]))
            let body = #"{"slug": "late", "name": "Late"}"#
            let late = LateBody(text: body, path: "/v1/operator/tenants", url: site.test.url, token: token)
            let answer = try await late.send {
                let isRevoked = try await operators.revoke(id)
                #expect(isRevoked)
            }
            #expect(answer.contains(#""code":"unauthenticated""#), "\(answer)")
            let tenant = try await site.test.platform.identity.tenants.find(slug: "late")
            #expect(tenant == nil)
        }
    }
}
