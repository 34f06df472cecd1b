import Foundation
import HTTP
import Identity
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit

/// A serving platform with two tenants, each with a row in every table, and a client.
struct IsolationSite: Sendable {
    let test: TestPlatform
    let client: TestClient
    let tables: [IsolationTable]
    /// The tenant that is attacked; its word is the canary.
    let a: TestTenant
    /// The tenant that attacks.
    let b: TestTenant
    /// What identifies A's and B's rows: the values of uuid columns but the tenant's own.
    let idsOfA: [String]
    let idsOfB: [String]
    /// The paths of A's and B's addresses of the third module's hook; none where there is no third module.
    let hooks: [String]

    static func with(_ body: @Sendable (IsolationSite) async throws -> Void) async throws {
        try await TestPlatform.with { test in try await body(try await made(test)) }
    }

    /// - Parameter prepare: gives both tenants what only the API can make, before rows are planted besides it; answers
    ///   the paths of addresses.
    static func made(
        _ test: TestPlatform, prepare: (TestClient, [TestTenant]) async throws -> [String] = { _, _ in [] }
    ) async throws -> IsolationSite {
        let a = try await test.tenant(IsolationTenant.canary)
        let b = try await test.tenant(IsolationTenant.plain)
        let client = TestClient(test.url)
        let tables = try await test.database.asSuperuser { try await IsolationTable.all($0) }
        // Files with content, before rows are planted that have none.
        for tenant in [a, b] {
            _ = try await client.send(
                "POST", "/v1/files?name=\(tenant.slug).txt", token: tenant.token, raw: Array(tenant.slug.utf8))
        }
        let hooks = try await prepare(client, [a, b])
        let planted = [a, b].map { IsolationTenant(id: $0.id, word: $0.slug, session: $0.session) }
        try await IsolationGround.plant(tables, planted, test.database)
        try await test.database.asSuperuser {
            // Connections that are open, to providers that nobody answers for.
            try await $0.run(
                """
                UPDATE core.oidc_connections
                SET enabled = true, issuer = 'https://127.0.0.1:1', client_secret = NULL
                """)
            // What visitors may read, of both.
            try await $0.run("UPDATE knowledge.knowledge_items SET status = 'published'")
        }
        return IsolationSite(
            test: test, client: client, tables: tables, a: a, b: b, idsOfA: try await ids(of: a.id, tables, test),
            idsOfB: try await ids(of: b.id, tables, test), hooks: hooks)
    }

    private static func ids(of tenant: TenantID, _ tables: [IsolationTable], _ test: TestPlatform) async throws
        -> [String]
    {
        try await test.database.asSuperuser { admin in
            var ids: Set<String> = []
            for table in tables {
                for column in table.columns where column.type == "uuid" && column.name != "tenant_id" {
                    let result = try await admin.run(
                        "SELECT \(unsafeSQL: column.name)::text AS id FROM \(unsafeSQL: table.text) WHERE tenant_id = \(tenant)"
                    )
                    ids.formUnion(try result.rows.compactMap { try $0.get("id", as: String?.self) })
                }
            }
            return ids.sorted()
        }
    }

    /// Every route, in an order in which one request of each can follow the other: visitors before anything is removed;
    /// switches, logout and operators last.
    var routes: [MountedRoute] {
        let all = test.platform.table.routes
        let routes = all.filter { $0.route.access != .visitor }
        return all.filter { $0.route.access == .visitor } + routes.filter { $0.module != nil }
            + routes.filter { $0.module == nil && !$0.isLate }
            + routes.filter { $0.module == nil && $0.isLate && !$0.path.contains("logout") }
            + routes.filter { $0.path.contains("logout") }
    }

    /// The routes of tenants.
    var tenantRoutes: [MountedRoute] { routes.filter(\.isForSessions) }

    /// The routes of visitors.
    var visitorRoutes: [MountedRoute] { routes.filter { $0.route.access == .visitor } }

    /// A fingerprint of all that tenant A has.
    func fingerprint() async throws -> [String] {
        // Presence and typing are forgotten after a minute, and full lanes are counted anew, whatever anybody does.
        try await IsolationGround.fingerprint(
            of: a.id, tables.filter { !["core.ephemeral_events", "core.job_backlogs"].contains($0.text) },
            test.database)
    }

    /// Sends a route's own example.
    func send(
        _ route: MountedRoute, id: String, token: String?, body: JSONValue? = nil, suffix: String = "",
        headers: [(String, String)] = [], visited tenant: TestTenant? = nil
    ) async throws -> TestClient.Answer {
        let path = route.examplePath(id: id, tenant: (tenant ?? b).slug)
        let query = suffix.isEmpty ? "" : (path.contains("?") ? "&" : "?") + suffix
        return try await client.send(
            route.route.method, path + query, token: token, body: body ?? route.exampleBody, headers: headers)
    }

    /// A member of tenant B with the role of an agent, logged in.
    func agent() async throws -> String {
        let email = "agent@\(b.slug).example"
        let password = "password-of-an-agent"
        _ = try await test.platform.identity.members.add(
            NewMember(email: email, name: "Agent", password: password, role: .agent), to: b.id)
        let session = try await test.platform.identity.logins.login(email: email, password: password, tenant: b.slug)
        return session.value["access_token"]?.string ?? ""
    }

    /// A token of B's customer, and a conversation of theirs.
    func customer() async throws -> (token: String, conversation: String) {
        let row = try await test.database.asSuperuser { admin in
            try await admin.run(
                "SELECT customer_id, id FROM conversations.conversations WHERE tenant_id = \(b.id) LIMIT 1"
            ).first.map { (try $0.get("customer_id", as: ID<Void>.self), try $0.get("id", as: ID<Void>.self)) }
        }
        guard let (customer, conversation) = row else { throw Problem.notFound }
        let tokens = test.platform.identity.customers.access(for: b.session)
        return (try await tokens.token(for: customer).text, conversation.description)
    }

    /// A token of the platform's own issuer with claims of choice.
    func token(
        tenant: TenantID?, audience: TokenAudience = .api, role: String = "admin", age: TimeInterval = 0,
        secret: String? = nil
    ) throws -> String {
        let id = try TokenKeyID("k1")
        let key = try TokenKey(id: id, derivedFrom: TestPlatform.master)
        let issuer = try TestPlatform.settings(test.database).issuer + (secret ?? "")
        return try TokenIssuer(issuer: issuer, keys: TokenKeySet([key], active: id)).issue(
            audience: audience, subject: b.session.actor.id.uuid, tenant: tenant?.uuid, session: UUID(), role: role,
            now: Date(timeIntervalSinceNow: -age))
    }
}

extension MountedRoute {
    /// What the answers are compared by.
    var title: String { "\(route.method) \(path)" }
    /// Whether a request of it ends what later requests need.
    fileprivate var isLate: Bool { path.contains("/modules/") || path.contains("logout") || path.contains("operator") }
    /// The fields of the body that hold ids.
    var bodyIDs: [String] { (route.body?.fields ?? []).filter(\.holdsID).map(\.name) }
    /// The parameters of the query that hold ids.
    var queryIDs: [String] { route.query.fields.filter(\.holdsID).map(\.name) }

    /// The example body with an id in one field; what a field excludes is left out.
    func exampleBody(_ field: String, id: String) -> JSONValue {
        let members = (exampleBody?.members ?? []).filter { $0.name != field && $0.name + "_id" != field }
        return .object(members + [.init(field, .string(id))])
    }
}

extension Field {
    fileprivate var holdsID: Bool {
        if case .uuid = type { return true }
        return false
    }
}
