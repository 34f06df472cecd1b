internal import Foundation
package import Logging
internal import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Tenancy

/// Writes down once a second what went wrong behind the walls of this process, and keeps the newest of each tenant.
package struct PluginErrorLog: Service {
    /// The most that are kept of a tenant and module.
    package static let keptPerTenant = 20
    /// How long any is shown, in days.
    package static let keptDays = 30
    private static let interval: Duration = .seconds(1)

    private let walls: [PluginWall]
    private let pipeline: PipelineConnection
    private let logger: Logger

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(_ walls: [PluginWall], pipeline: PipelineConnection, logger: Logger) {
        self.walls = walls
        self.pipeline = pipeline
        self.logger = logger
    }

    /// Writes until shutdown, and once more after the walls have ended, which must have started later.
    package func run() async throws {
        await untilShutdown(
            every: PluginErrorLog.interval, failing: "errors of plugins could not be written down", level: .warning,
            logger: logger, flush)
        try? await flush()
    }

    private func flush() async throws {
        for wall in walls {
            let errors = wall.takeErrors()
            if !errors.isEmpty { try await write(errors, of: wall.name) }
        }
    }

    private func write(_ errors: [PluginError], of module: String) async throws {
        // Ids of one millisecond are in no order of their own; lists go by them.
        let ids = errors.map { _ in ID<PluginError>.make().description }.sorted()
        let rows = JSONValue.array(
            zip(errors, ids).map { error, id in
                [
                    "tenant_id": .string(error.tenant.description), "id": .string(id),
                    "at": .string(error.at.description),
                    "code": .string(error.code), "place": error.place.map { .string(String($0.prefix(300))) } ?? .null,
                    "request_id": error.requestID.map { .string(String($0.prefix(128))) } ?? .null,
                ]
            })
        _ = try await pipeline.run([
            """
            INSERT INTO core.plugin_errors (tenant_id, id, module_id, at, code, place, request_id, host, process)
            SELECT e.tenant_id, e.id, \(module), e.at, e.code, e.place, e.request_id, \(ProcessPlace.host),
                   \(ProcessPlace.process)
            FROM jsonb_to_recordset(\(rows)) AS e (
                tenant_id uuid, id uuid, at timestamptz, code text, place text, request_id text)
            -- whose tenant is being erased has nothing to tell
            WHERE EXISTS (SELECT FROM core.tenants AS t WHERE t.id = e.tenant_id)
            """,
            """
            DELETE FROM core.plugin_errors AS old
            USING (
                SELECT e.tenant_id, e.id, row_number() OVER (PARTITION BY e.tenant_id ORDER BY e.id DESC) AS place
                FROM core.plugin_errors AS e
                WHERE e.tenant_id = ANY (\(Array(Set(errors.map(\.tenant))))) AND e.module_id = \(module)
            ) AS ranked
            WHERE old.tenant_id = ranked.tenant_id AND old.id = ranked.id
              AND (ranked.place > \(PluginErrorLog.keptPerTenant)
                   OR old.at < now() - make_interval(days => \(PluginErrorLog.keptDays)::int4))
            """,
        ])
    }
}

/// Where this process is.
enum ProcessPlace {
    /// What its machine is called.
    static var host: String {
        let name = ProcessInfo.processInfo.hostName
        return name.isEmpty ? "unnamed" : String(name.prefix(255))
    }

    static var process: Int64 { Int64(ProcessInfo.processInfo.processIdentifier) }
}
