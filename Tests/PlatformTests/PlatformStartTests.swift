import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What a process finds when it starts.
@Suite("Start of a platform")
struct PlatformStartTests {
    /// The words of what a start ends with.
    private static func refusal(_ database: TestDatabase, within timeout: Duration) async throws -> String {
        var settings = try TestPlatform.settings(database)
        settings.statementTimeout = timeout
        do {
            try await Platform.start(settings, logger: database.server.logger).databases.close()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test("A database that keeps the ledger waiting is slow, and one without a ledger is not prepared")
    func slow() async throws {
        try await TestPlatform.with { test in
            try await test.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("LOCK TABLE core.migrations IN ACCESS EXCLUSIVE MODE")
                let slow = try await Self.refusal(test.database, within: .milliseconds(100))
                #expect(slow.contains("57014"), "\(slow)")
                try await admin.run("DROP TABLE core.migrations CASCADE")
                try await admin.run("COMMIT")
                let unprepared = try await Self.refusal(test.database, within: TestPlatform.statementTimeout)
                #expect(unprepared.contains("schema_not_ready"), "\(unprepared)")
            }
        }
    }
}
