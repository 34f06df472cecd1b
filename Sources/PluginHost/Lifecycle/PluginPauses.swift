package import Foundation
internal import PluginKit
package import Postgres
package import Tenancy

/// Takes plugins out of service on every process, and puts them back.
package struct PluginPauses: Sendable {
    /// So many crashes, since it was last resumed and within a day, and a plugin is paused.
    package static let maximumCrashes = 3

    private let pipeline: PipelineConnection
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, control: ControlPlane) {
        self.pipeline = pipeline
        self.control = control
    }

    /// Pauses a plugin within a second on every process; again, and only the reason changes.
    ///
    /// - Parameter operatorID: who did it; nil for whoever has a shell.
    package func pause(_ module: String, reason: String, operatorID: UUID?) async throws {
        _ = try await pipeline.runForCaller([
            """
            INSERT INTO core.plugin_pauses (module_id, code, detail, operator_id)
            VALUES (\(module), 'operator', \(reason), \(operatorID))
            ON CONFLICT (module_id) DO UPDATE
            SET code = EXCLUDED.code, detail = EXCLUDED.detail, operator_id = EXCLUDED.operator_id,
                paused_at = now()
            """,
            "SELECT core.record_change('plugin', NULL, \(module))",
        ])
        try await control.refreshForCaller()
    }

    /// Puts a plugin back into service and forgives its crashes. One that crashed while it was loaded comes back with
    /// the next start of each process.
    ///
    /// - Returns: the word for why it was paused; nil when it was not.
    @discardableResult
    package func resume(_ module: String) async throws -> String? {
        let results = try await pipeline.runForCaller([
            "DELETE FROM core.plugin_pauses WHERE module_id = \(module) RETURNING code",
            "UPDATE core.plugin_crashes SET is_forgiven = true WHERE module_id = \(module) AND NOT is_forgiven",
            "SELECT core.record_change('plugin', NULL, \(module))",
        ])
        try await control.refreshForCaller()
        return try results[0].first?.get("code", as: String.self)
    }

    /// Takes in what crashed processes of this machine left behind, and pauses who did it too often.
    package func note(_ log: CrashLog) async throws {
        try await log.take { try await note($0) }
    }

    private func note(_ entries: [CrashLog.Entry]) async throws {
        let name = ProcessInfo.processInfo.hostName
        let host = name.isEmpty ? "unnamed" : String(name.prefix(255))
        var statements = entries.map { entry -> SQL in
            """
            INSERT INTO core.plugin_crashes (id, module_id, phase, signal, host, process, crashed_at)
            VALUES (\(ID<CrashLog>.make()), \(entry.module), \(entry.isLoading ? "load" : "run"), \(entry.signal),
                    \(host), \(entry.process), \(entry.at))
            ON CONFLICT DO NOTHING
            """
        }
        for module in Set(entries.map(\.module)).sorted() {
            statements.append(pauseIfNeeded(module))
            statements.append("SELECT core.record_change('plugin', NULL, \(module))")
        }
        _ = try await pipeline.run(statements)
    }

    /// Whatever it is paused for, one that crashes while it is loaded must not be loaded any more.
    private func pauseIfNeeded(_ module: String) -> SQL {
        """
        INSERT INTO core.plugin_pauses (module_id, code, detail)
        SELECT \(module), CASE WHEN bool_or(phase = 'load') THEN 'crashes_at_load' ELSE 'crashes' END,
               'it ended ' || count(*) || ' processes, the last at ' || to_char(max(crashed_at) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        FROM core.plugin_crashes
        WHERE module_id = \(module)
          AND NOT is_forgiven
          AND crashed_at > now() - INTERVAL '1 day'
        HAVING count(*) >= \(PluginPauses.maximumCrashes)
        ON CONFLICT (module_id) DO UPDATE
        SET code = EXCLUDED.code, detail = EXCLUDED.detail, operator_id = NULL, paused_at = now()
        WHERE EXCLUDED.code = 'crashes_at_load' AND plugin_pauses.code <> 'crashes_at_load'
        """
    }

    /// How often each plugin crashed since it was last resumed, within a day.
    package func crashes() async throws -> [String: Int] {
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT module_id, count(*) AS count
                FROM core.plugin_crashes
                WHERE NOT is_forgiven AND crashed_at > now() - INTERVAL '1 day'
                GROUP BY module_id
                """
            ], isReplayable: true)[0]
        var crashes: [String: Int] = [:]
        for row in result.rows { crashes[try row.get("module_id")] = try row.get("count") }
        return crashes
    }
}
