import Foundation
import Logging
import PluginKit
import Postgres
import TestKit
import Testing

/// `romashka up` with the plugin that does everything wrong, a tenant, and a superuser's look at the database.
struct WorkSite: Sendable {
    let running: Running
    let client: TestClient
    let operatorToken: String
    /// An admin's.
    let token: String
    /// Its data directory, and the folder of its plugins.
    let directory: String
    let plugins: String
    private let settings: ConnectionSettings
    private let reactor: Reactor

    private static let password = "correct horse battery"

    /// Starts it, runs `body`, and ends it in order.
    ///
    /// - Parameter others: plugins without tables that only tests have.
    static func with(others: [String] = [], _ body: @Sendable (WorkSite) async throws -> Void) async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Unruly")
            for name in others { try folder.addTestPlugin(name) }
            let directory = "/tmp/romashka-work-\(UUID().uuidString.prefix(8))"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let running = try Running([
                "up", "--port", "0", "--data-dir", directory, "--plugins", folder.path, "--json", "--access-log", "off",
            ])
            do {
                try await use(running, directory, folder.path, body)
            } catch {
                try await blocking { running.end(SIGINT) }
                throw error
            }
            try await blocking { running.end(SIGINT) }
            #expect(running.status == 0)
        }
    }

    private static func use(
        _ running: Running, _ directory: String, _ plugins: String,
        _ body: @Sendable (WorkSite) async throws -> Void
    ) async throws {
        let line = try await running.firstLine()
        let client = TestClient(try #require(line["url"]?.string))
        let operatorToken = try #require(line["operator_token"]?.string)
        let token = try await tenant("acme", client, operatorToken: operatorToken)
        try await body(
            WorkSite(
                running: running, client: client, operatorToken: operatorToken, token: token, directory: directory,
                plugins: plugins,
                settings: try ConnectionSettings(url: try #require(line["database_url"]?.string)),
                reactor: try Reactor()))
    }

    /// Makes a tenant; answers its admin's token.
    static func tenant(_ slug: String, _ client: TestClient, operatorToken: String) async throws -> String {
        let admin: JSONValue = [
            "email": .string("a@\(slug).example"), "name": "Ada", "password": .string(password),
        ]
        let created = try await client.send(
            "POST", "/v1/operator/tenants", token: operatorToken,
            body: ["slug": .string(slug), "name": .string(slug), "admin": admin])
        #expect(created.status == 201)
        let login = try await client.send(
            "POST", "/v1/auth/login",
            body: [
                "email": .string("a@\(slug).example"), "password": .string(password), "tenant": .string(slug),
            ])
        return try #require(login.json["access_token"]?.string)
    }

    /// Enqueues a job; answers its id.
    @discardableResult
    func enqueue(_ kind: String, _ milliseconds: Int64 = 0) async throws -> String {
        let answer = try await client.send(
            "POST", "/v1/unruly/jobs", token: token,
            body: ["kind": .string(kind), "milliseconds": .integer(milliseconds)])
        #expect(answer.status == 201, "\(answer.json)")
        return try #require(answer.json["id"]?.string)
    }

    /// So many jobs in one statement.
    func flood(_ kind: String, _ milliseconds: Int64, count: Int) async throws {
        try await asSuperuser { admin in
            _ = try await admin.run(
                """
                SELECT core.put_job(
                    t.id, 'knowledge', 'knowledge.act',
                    jsonb_build_object('kind', \(kind)::text, 'milliseconds', \(milliseconds)::int8),
                    NULL, 5::int2, NULL, NULL, NULL, false, NULL, 0::int2, NULL)
                FROM core.tenants AS t
                CROSS JOIN generate_series(1, \(Int64(count)))
                WHERE t.slug = 'acme'
                """, timeout: .seconds(60))
        }
    }

    /// A job as an admin sees it.
    ///
    /// - Parameter token: another tenant's admin's.
    func job(_ id: String, _ token: String? = nil) async throws -> JSONValue {
        try await client.send("GET", "/v1/jobs/\(id)", token: token ?? self.token).json
    }

    /// Waits until a job is in a state.
    func until(
        _ id: String, _ state: String, within limit: Duration = .seconds(60), token: String? = nil
    ) async throws -> JSONValue {
        let isSo = try await eventually(within: limit) { try await job(id, token)["state"]?.string == state }
        let seen = try await job(id, token)
        #expect(isSo, "\(seen)")
        return seen
    }

    func asSuperuser<Value: Sendable>(_ body: (Lease) async throws -> Value) async throws -> Value {
        try await AdminConnection.use(
            settings, reactor: reactor, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, body)
    }

    /// A number that a statement answers.
    func number(_ statement: SQL) async throws -> Int {
        try await asSuperuser { admin in try await admin.run(statement).first?.get(0) ?? 0 }
    }

    /// The processes that run jobs, oldest first.
    func workers() async throws -> [Int32] {
        try await asSuperuser { admin in
            try await admin.run("SELECT process FROM core.job_workers ORDER BY started_at").rows.map {
                Int32(try $0.get("process", as: Int.self))
            }
        }
    }
}
