import HTTP
import Identity
import NIOHTTP1
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Whatever is sent, the answer is a clear problem and nothing is written. Generated from the router.
@Suite("Bad input")
struct BadInputTests {
    private static let missing = "01999999-9999-7999-8999-999999999999"

    /// Bodies that no route takes, with the statuses that are right for them.
    static let brokenBodies: [(name: String, bytes: [UInt8], statuses: [Int])] = [
        ("nothing", [], [400]),
        ("no JSON", Array("hello".utf8), [400]),
        ("half an object", Array("{\"a\":".utf8), [400]),
        ("two documents", Array("{} {}".utf8), [400]),
        ("a list", Array("[]".utf8), [422]),
        ("null", Array("null".utf8), [422]),
        ("a number", Array("1".utf8), [422]),
        ("unknown fields", Array("{\"surely_unknown\": 1}".utf8), [422]),
        ("repeated names", Array("{\"a\": 1, \"a\": 2}".utf8), [400]),
        ("deep nesting", Array(String(repeating: "[", count: 1000).utf8), [400]),
        ("NUL", Array("{\"subject\": \"a\\u0000b\"}".utf8), [400]),
        ("half a surrogate pair", Array("{\"subject\": \"\\ud800\"}".utf8), [400]),
        ("invalid UTF-8", Array("{\"subject\": \"".utf8) + [0xC3, 0x28] + Array("\"}".utf8), [400]),
        ("an endless number", Array("{\"subject\": 1e999}".utf8), [400]),
        ("10 MB", Array(repeating: UInt8(ascii: " "), count: 10 << 20), [413]),
    ]

    @Test("Broken bodies are refused on every route that takes one")
    func brokenBodiesAreRefused() async throws {
        try await withCleanPlatform { test, tenant in
            let client = TestClient(test.url)
            for mounted in test.platform.table.routes where mounted.route.body != nil {
                for body in Self.brokenBodies {
                    let answer = try await client.send(
                        mounted.route.method, mounted.examplePath(id: Self.missing, tenant: tenant.slug),
                        token: try await token(mounted, tenant, test),
                        raw: body.bytes)
                    expect(answer, body.statuses, "\(body.name): \(mounted.route.method) \(mounted.path)")
                }
                let text = try await client.send(
                    mounted.route.method, mounted.examplePath(id: Self.missing, tenant: tenant.slug),
                    token: try await token(mounted, tenant, test),
                    raw: Array("{}".utf8), headers: [("Content-Type", "text/plain")])
                expect(text, [415], mounted.path)
            }
        }
    }

    @Test("Every field refuses every wrong type, with a pointer to it")
    func wrongTypesAreRefused() async throws {
        try await withCleanPlatform { test, tenant in
            let client = TestClient(test.url)
            let values: [JSONValue] = [
                true, 1, 1.5, "", [], ["x": 1], nil, .string(String(repeating: "x", count: 200_001)), -1,
            ]
            for mounted in test.platform.table.routes {
                guard let schema = mounted.route.body, case .object(let example)? = mounted.exampleBody else {
                    continue
                }
                for field in schema.fields {
                    for value in values where !fits(value, field) {
                        let members = example.filter { $0.name != field.name } + [.init(field.name, value)]
                        let answer = try await client.send(
                            mounted.route.method, mounted.examplePath(id: Self.missing, tenant: tenant.slug),
                            token: try await token(mounted, tenant, test), body: .object(members))
                        expect(answer, [422], "\(mounted.route.method) \(mounted.path) \(field.name)=\(value.kind)")
                        let pointers = answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
                        #expect(pointers.contains { $0.hasPrefix("/\(field.name)") }, "\(mounted.path) \(field.name)")
                    }
                }
            }
        }
    }

    @Test("Lists refuse limits and cursors that are none")
    func badPagesAreRefused() async throws {
        try await withCleanPlatform { test, tenant in
            let client = TestClient(test.url)
            for mounted in test.platform.table.routes where mounted.route.isList {
                let path = mounted.examplePath(id: Self.missing, tenant: tenant.slug)
                let separator = path.contains("?") ? "&" : "?"
                for query in [
                    "limit=0", "limit=-1", "limit=101", "limit=99999999999999999999", "limit=abc", "limit=",
                    "limit=1.5",
                    "cursor=x", "cursor=%00", "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "unknown=1", "limit=1&limit=2",
                ] {
                    let answer = try await client.send(
                        "GET", path + separator + query, token: try await token(mounted, tenant, test))
                    expect(answer, [400, 422], "\(mounted.path) \(query)")
                }
            }
        }
    }

    @Test("What is no key is refused on every route that takes keys, and the document names just these")
    func badKeysAreRefused() async throws {
        try await withCleanPlatform { test, tenant in
            let client = TestClient(test.url)
            let reference: JSONValue = ["$ref": "#/components/parameters/IdempotencyKey"]
            for mounted in test.platform.table.routes where mounted.route.method != "GET" {
                let answer = try await client.send(
                    mounted.route.method, mounted.examplePath(id: Self.missing, tenant: tenant.slug),
                    token: try await token(mounted, tenant, test), body: mounted.exampleBody,
                    headers: [("Idempotency-Key", "a b")])
                let operation = test.platform.openAPI["paths"]?[mounted.path]?[mounted.route.method.lowercased()]
                let isNamed = operation?["parameters"]?.array?.contains(reference) == true
                let name = "\(mounted.route.method) \(mounted.path): \(answer.text)"
                #expect((answer.code == "idempotency_key_invalid") == isNamed, "\(name)")
            }
        }
    }

    @Test("Paths and methods that lead nowhere are refused")
    func badPathsAreRefused() async throws {
        try await withCleanPlatform { test, tenant in
            let client = TestClient(test.url)
            for id in [
                "x", "1", "%00", "..%2F..", "%C3%28", String(repeating: "a", count: 5000), Self.missing + "0", "*",
            ] {
                let answer = try await client.send("GET", "/v1/conversations/\(id)", token: tenant.token)
                expect(answer, [404], id)
            }
            for path in ["/", "/v1", "/v2/conversations", "/v1/conversations/a/b/c/d", "/.env", "/v1//nowhere"] {
                expect(try await client.send("GET", path, token: tenant.token), [404], path)
            }
            for mounted in test.platform.table.routes {
                let answer = try await client.send(
                    "LINK", mounted.examplePath(id: Self.missing, tenant: tenant.slug), token: tenant.token)
                expect(answer, [405], mounted.path)
                #expect(answer.headers["Allow"].first?.contains(mounted.route.method) == true)
            }
        }
    }

    /// Runs `body`, and sees that no table has a row more or fewer afterwards.
    private func withCleanPlatform(
        _ body: @Sendable (TestPlatform, TestTenant) async throws -> Void
    ) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let before = try await counts(test)
            try await body(test, tenant)
            #expect(try await counts(test) == before)
        }
    }

    private func counts(_ test: TestPlatform) async throws -> [String] {
        try await test.database.asSuperuser { admin in
            let tables = try await admin.run(
                """
                SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'r' AND n.nspname IN ('core', 'conversations', 'knowledge')
                  -- by the clock
                  AND c.relname <> 'maintenance_runs'
                ORDER BY 1
                """
            ).rows.map { try $0.get("name", as: String.self) }
            var counts: [String] = []
            for table in tables {
                let count = try await admin.run("SELECT count(*) AS count FROM \(unsafeSQL: table)").first?
                    .get("count", as: Int.self)
                counts.append("\(table) \(count ?? 0)")
            }
            return counts
        }
    }

    private func token(
        _ mounted: MountedRoute, _ tenant: TestTenant, _ test: TestPlatform
    ) async throws -> String {
        if mounted.isForCustomers {
            // Another one each time: a customer may not send so many requests at once.
            let customers = test.platform.identity.customers.access(for: tenant.session)
            return try await customers.token(for: ID<Void>.make()).text
        }
        return mounted.isForSessions ? tenant.token : test.operatorToken
    }

    private func expect(_ answer: TestClient.Answer, _ statuses: [Int], _ what: String) {
        #expect(statuses.contains(answer.status), "\(what): \(answer.status)")
        #expect(answer.headers["Content-Type"].first == "application/problem+json", "\(what)")
        #expect(answer.code?.isEmpty == false && answer.json["request_id"]?.string?.isEmpty == false, "\(what)")
    }

    /// Whether a value is one that the field takes.
    private func fits(_ value: JSONValue, _ field: Field) -> Bool {
        switch (field.type, value) {
        case (_, .null): field.isNullable
        case (.boolean, .bool), (.json, .object): true
        case (.text(let bounds), .string(let text)): bounds.contains(text.unicodeScalars.count)
        case (.array(_, let bounds), .array(let elements)): bounds.contains(elements.count)
        case (.integer(let bounds), .integer(let number)): bounds.contains(number)
        case (.number, .integer), (.number, .number): true
        default: false
        }
    }
}
