import AsyncHTTPClient
import HTTP
import Identity
import Migrations
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What another tenant's caller can learn over HTTP: nothing. Generated from the router.
@Suite("IsolationBattery: router")
struct IsolationBatteryRouterTests {
    @Test("No route answers without a valid token")
    func everyRouteNeedsAToken() async throws {
        try await TestPlatform.with { test in
            let client = TestClient(test.url)
            for mounted in test.platform.table.routes where mounted.route.access != .public {
                for token in [nil, "", "garbage", "rmo_x", "eyJhbGciOiJub25lIn0.e30."] {
                    let answer = try await client.send(
                        mounted.route.method, path(mounted, UUIDs.missing), token: token, body: example(mounted))
                    #expect(answer.status == 401, "\(mounted.route.method) \(mounted.path)")
                    #expect(answer.code == "unauthenticated")
                }
            }
        }
    }

    @Test("Another tenant's id answers exactly like a missing one, and nothing of it leaves the server")
    func foreignIDsAreMissing() async throws {
        try await TestPlatform.with { test in
            let seed = try await IsolationSeed.plant(test)
            let client = TestClient(test.url)
            let ids = try await foreignIDs(of: seed.a, test)
            #expect(ids.count > 4)
            let before = try await IsolationBatteryDatabaseRoleTests.fingerprint(of: seed.a.id, test)
            for mounted in test.platform.table.routes where mounted.isForSessions && mounted.path != "/v1/auth/logout" {
                for id in mounted.path.contains("{") ? ids : [UUIDs.missing] {
                    let foreign = try await client.send(
                        mounted.route.method, path(mounted, id), token: seed.b.token, body: example(mounted))
                    #expect(!foreign.text.contains(IsolationSeed.canary), "\(mounted.path)")
                    #expect(foreign.status < 500, "\(mounted.path)")
                    guard mounted.path.contains("{") else { continue }
                    let missing = try await client.send(
                        mounted.route.method, path(mounted, UUIDs.missing), token: seed.b.token, body: example(mounted))
                    #expect(foreign.status == missing.status, "\(mounted.route.method) \(mounted.path)")
                    #expect(
                        foreign.withoutRequestID == missing.withoutRequestID, "\(mounted.route.method) \(mounted.path)")
                }
            }
            #expect(try await IsolationBatteryDatabaseRoleTests.fingerprint(of: seed.a.id, test) == before)
        }
    }

    @Test("A list never shows another tenant's rows, nor takes another tenant's cursor")
    func listsAndCursorsStayInside() async throws {
        try await TestPlatform.with { test in
            let seed = try await IsolationSeed.plant(test)
            let client = TestClient(test.url)
            for subject in ["one", "two", "three"] {
                let body: JSONValue = ["customer": ["email": "x@example.com"], "subject": .string(subject)]
                let answer = try await client.send("POST", "/v1/conversations", token: seed.a.token, body: body)
                #expect(answer.status == 201)
            }
            let page = try await client.send("GET", "/v1/conversations?limit=1", token: seed.a.token)
            let cursor = try #require(page.json["next_cursor"]?.string)
            let own = try await client.send("GET", "/v1/conversations?limit=1&cursor=\(cursor)", token: seed.a.token)
            #expect(own.status == 200)
            let stolen = try await client.send("GET", "/v1/conversations?limit=1&cursor=\(cursor)", token: seed.b.token)
            #expect(stolen.status == 422)
            let elsewhere = try await client.send("GET", "/v1/customers?limit=1&cursor=\(cursor)", token: seed.a.token)
            #expect(elsewhere.status == 422)
        }
    }

    @Test("A suspended tenant is out, and a disabled module answers 404, on every route")
    func suspensionAndSwitches() async throws {
        try await TestPlatform.with { test in
            let seed = try await IsolationSeed.plant(test)
            let client = TestClient(test.url)
            _ = try await test.platform.switches.change("knowledge", of: seed.b.id, enabled: false, settings: nil)
            for mounted in test.platform.table.routes where mounted.module?.name.description == "knowledge" {
                let answer = try await client.send(
                    mounted.route.method, path(mounted, UUIDs.missing), token: seed.b.token, body: example(mounted))
                #expect(answer.status == 404 && answer.code == "module_disabled", "\(mounted.path)")
            }
            _ = try await test.platform.tenants.setActive(false, seed.b.id)
            try await test.platform.control.refresh()
            for mounted in test.platform.table.routes where mounted.isForSessions {
                let answer = try await client.send(
                    mounted.route.method, path(mounted, UUIDs.missing), token: seed.b.token, body: example(mounted))
                #expect(answer.status == 403 && answer.code == "tenant_suspended", "\(mounted.path)")
            }
        }
    }

    /// Every id tenant A has in any table.
    private func foreignIDs(of tenant: TestTenant, _ test: TestPlatform) async throws -> [String] {
        let tables = try await IsolationSeed.tables(test).filter { $0.name != "conversation_tags" }
        return try await test.database.asSuperuser { admin in
            var ids: [String] = []
            for table in tables {
                let result = try await admin.run(
                    "SELECT id::text AS id FROM \(unsafeSQL: table.text) WHERE tenant_id = \(tenant.id)")
                ids += try result.rows.map { try $0.get("id") }
            }
            return ids
        }
    }

    private func path(_ mounted: MountedRoute, _ id: String) -> String { mounted.examplePath(id: id) }

    private func example(_ mounted: MountedRoute) -> JSONValue? { mounted.exampleBody }
}

private enum UUIDs {
    static let missing = "01999999-9999-7999-8999-999999999999"
}
