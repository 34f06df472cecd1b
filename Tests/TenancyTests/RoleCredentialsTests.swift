import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// How roles connect, as the server sees it.
@Suite("Role credentials")
struct RoleCredentialsTests {
    @Test("A statement on a shared connection has half a second, or what the operator gives it")
    func statementTimeout() async throws {
        try await TestPlatform.with { test in
            let cases: [(given: Duration?, shown: String)] = [
                (nil, "500ms"), (.milliseconds(100), "100ms"), (.seconds(4), "4s"),
            ]
            for (given, shown) in cases {
                let actual = try await Self.statementTimeout(given, test.database)
                #expect(actual == shown)
            }
        }
    }

    private static func statementTimeout(_ given: Duration?, _ database: TestDatabase) async throws -> String? {
        let databases = try Databases(
            server: database.settings, master: TestPlatform.master,
            statementTimeout: given ?? RoleCredentials.defaultStatementTimeout, logger: database.server.logger)
        defer { databases.close() }
        return try await databases.pipeline(of: .auth).run([
            "SELECT current_setting('statement_timeout') AS shown"
        ])[0].first?.get("shown")
    }
}
