internal import PluginKit
internal import Postgres

extension TestDatabase {
    /// Whether anybody waits for another's lock.
    package func isAnybodyWaiting() async throws -> Bool { try await waitingCount() > 0 }

    /// How many wait for others' locks.
    package func waitingCount() async throws -> Int {
        try await asSuperuser { admin in
            try await admin.run(
                """
                SELECT pid
                FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            ).count
        }
    }
}
