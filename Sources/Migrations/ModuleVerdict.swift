internal import PluginKit
internal import Postgres

/// Whether a module's schema may be used: written by `migrate`, read by every process at its start.
struct ModuleVerdict: Sendable {
    let module: String
    /// Why not; nil when it may.
    let reason: String?

    func store(_ admin: Lease) async throws {
        try await admin.run(
            """
            INSERT INTO core.modules (id, version, title, state, reason)
            VALUES (\(module), '', '', \(reason == nil ? "checked" : "paused"), left(\(reason), 2000))
            ON CONFLICT (id) DO UPDATE
            SET state = EXCLUDED.state, reason = EXCLUDED.reason
            """)
    }

    /// The reasons of the modules that may not be used.
    static func read(_ pipeline: PipelineConnection) async throws -> [String: String] {
        let result = try await pipeline.run(
            ["SELECT id, reason FROM core.modules WHERE reason IS NOT NULL"], isReplayable: true)[0]
        var reasons: [String: String] = [:]
        for row in result.rows { reasons[try row.get("id")] = try row.get("reason", as: String.self) }
        return reasons
    }

    /// The modules that an operator took out for good; none where the kernel's schema is too old to know of any.
    static func uninstalled(_ run: (SQL) async throws -> ResultSet) async throws -> Set<String> {
        do {
            let result = try await run("SELECT id FROM core.modules WHERE state = 'uninstalled'")
            return Set(try result.rows.map { try $0.get("id", as: String.self) })
        } catch let error as DatabaseError where error.sqlState == "42P01" {
            return []
        }
    }
}
