import PluginKit
import TestKit

@testable import Postgres

extension PipelineConnection {
    /// The server's process behind the connection, as the server sees it.
    func backend() async throws -> Int {
        try await run(["SELECT pg_backend_pid() AS pid"])[0].first?.get("pid") ?? 0
    }

    /// The value of a server's parameter.
    func setting(_ name: String) async throws -> String {
        try await run(["SELECT current_setting(\(name)) AS value"])[0].first?.get("value") ?? ""
    }
}

extension TestServer {
    /// Ends a server process, and with it a connection.
    func terminate(_ backend: Int) async throws {
        try await asSuperuser { try await $0.run("SELECT pg_terminate_backend(\(backend)::int)") }
    }

    /// Waits until a server process runs a statement with these words.
    func waitUntilRunning(_ words: String, _ backend: Int) async throws -> Bool {
        try await asSuperuser { lease in
            try await eventually {
                let result = try await lease.run(
                    """
                    SELECT 1 FROM pg_stat_activity
                    WHERE pid = \(backend)::int AND state = 'active' AND query LIKE \("%\(words)%")
                    """)
                return !result.isEmpty
            }
        }
    }
}
