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

    private static func head(_ path: String, _ token: String, length: Int) -> String {
        """
        POST \(path) HTTP/1.1\r
        Host: a\r
        Authorization: Bearer \(token)\r
        Content-Type: application/json\r
        Content-Length: \(length)\r
        Connection: close\r
        \r

        """
    }

    /// Sends half a body, runs `meanwhile`, and sends the rest.
    ///
    /// - Returns: all that the server answers.
    private static func send(
        _ body: String, to path: String, at url: String, token: String, _ meanwhile: () async throws -> Void
    ) async throws -> String {
        let bytes = Array(body.utf8)
        let connection = try RawConnection(url)
        let look = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        // Behind a request whose answer came, so that the server surely has seen it.
        try await connection.send(Array((look + head(path, token, length: bytes.count)).utf8) + bytes.prefix(10))
        #expect(try await connection.status() == 200)
        // Long enough for its caller to be known, and to count as late.
        try await Task.sleep(for: .milliseconds(300))
        try await meanwhile()
        try await connection.send(Array(bytes.dropFirst(10)))
        return try await connection.readToEnd().text
    }

    @Test("A request whose caller or module ended before its body came does nothing", arguments: End.allCases)
    func ended(end: End) async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "admin")
            let member = try await site.token("grace")
            let key = try await site.send("POST", "/api-keys", ["name": "k", "permissions": ["knowledge.write"]]).json
            let token = end == .keyEnded ? try #require(key["key"]?.string) : member
            let answer = try await Self.send(Self.body, to: "/v1/knowledge/items", at: site.test.url, token: token) {
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
            let answer = try await Self.send(
                Self.body, to: "/v1/knowledge/items", at: site.test.url, token: site.tenant.token
            ) {}
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
            let answer = try await Self.send(body, to: "/v1/operator/tenants", at: site.test.url, token: token) {
                let isRevoked = try await operators.revoke(id)
                #expect(isRevoked)
            }
            #expect(answer.contains(#""code":"unauthenticated""#), "\(answer)")
            let tenant = try await site.test.platform.identity.tenants.find(slug: "late")
            #expect(tenant == nil)
        }
    }
}
