import PluginKit
import Postgres
import TestKit
import Testing

extension PeopleSite {
    /// Sends a request while what somebody else has begun stands uncommitted, and commits that when the request waits.
    func answer(
        while change: SQL, _ request: @escaping @Sendable () async throws -> TestClient.Answer,
        looking look: @Sendable () async throws -> Void = {}
    ) async throws -> TestClient.Answer {
        try await test.database.asSuperuser { admin in
            try await admin.run("BEGIN")
            try await admin.run(change)
            return try await withThrowingTaskGroup(of: TestClient.Answer.self) { group in
                group.addTask { try await request() }
                let waits = try await eventually { try await test.database.isAnybodyWaiting() }
                #expect(waits)
                try await look()
                try await admin.run("COMMIT")
                return try #require(try await group.next())
            }
        }
    }
}
