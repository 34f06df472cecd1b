internal import PluginKit
package import Postgres
internal import Tenancy

/// What is known of a plugin on all processes: who has loaded which version, what went wrong, what is set.
package struct PluginSight: Sendable {
    /// The newest errors that are shown with a plugin.
    private static let shownErrors = 10

    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// What is shown of one plugin.
    struct Detail: Sendable {
        let processes: JSONValue
        let settings: JSONValue
        let errors: JSONValue
    }

    /// Reads it.
    func detail(of manifest: Manifest) async throws -> Detail {
        let module = manifest.id.description
        let results = try await pipeline.runForCaller(
            [
                """
                SELECT p.kind, p.host, p.process, p.plugins -> \(module) ->> 'version' AS version,
                       p.plugins -> \(module) ->> 'reason' AS reason, p.started_at
                FROM core.plugin_processes AS p
                WHERE p.plugins -> \(module) IS NOT NULL AND p.expires_at > clock_timestamp()
                ORDER BY p.started_at, p.id
                LIMIT 1000
                """,
                """
                SELECT stored.key AS name, count(*) AS tenants
                FROM core.tenant_modules AS m
                CROSS JOIN jsonb_object_keys(m.settings) AS stored (key)
                WHERE m.module_id = \(module)
                GROUP BY stored.key
                UNION ALL
                SELECT held.name, count(*)
                FROM core.module_secrets AS held
                WHERE held.module_id = \(module)
                GROUP BY held.name
                """,
                """
                SELECT \(PluginErrorPayload.columns)
                FROM core.plugin_errors AS e
                WHERE e.module_id = \(module) AND \(PluginSight.isShown)
                ORDER BY e.id DESC
                LIMIT \(PluginSight.shownErrors)
                """,
            ], isReplayable: true)
        var counts: [String: Int64] = [:]
        for row in results[1].rows { counts[try row.get("name")] = try row.get("tenants", as: Int64.self) }
        return Detail(
            processes: .array(try results[0].rows.map(PluginSight.process)),
            settings: .array(PluginSight.settings(of: manifest, counts)),
            errors: .array(try results[2].rows.map(PluginErrorPayload.json)))
    }

    /// A page of what went wrong in one plugin, newest first.
    func errors(of module: String, _ page: PageRequest) async throws -> Page<PluginErrorPayload> {
        try await errors("e.module_id = \(module)", page)
    }

    /// A page of what went wrong in any plugin for one tenant, newest first.
    func errors(for tenant: TenantID, _ page: PageRequest) async throws -> Page<PluginErrorPayload> {
        try await errors("e.tenant_id = \(tenant)", page)
    }

    private func errors(_ condition: SQL, _ page: PageRequest) async throws -> Page<PluginErrorPayload> {
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT \(PluginErrorPayload.columns)
                FROM core.plugin_errors AS e
                WHERE \(condition)
                  AND e.id < \(page.after(0, or: ID<PluginError>(.last)))
                  AND \(PluginSight.isShown)
                ORDER BY e.id DESC
                LIMIT \(page.fetchCount)
                """
            ], isReplayable: true)[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// What nobody comes to remove is not shown for ever.
    static let isShown: SQL = "e.at > now() - make_interval(days => \(PluginErrorLog.keptDays)::int4)"

    private static func process(_ row: Row) throws -> JSONValue {
        [
            "kind": .string(try row.get("kind")), "host": .string(try row.get("host")),
            "process": .integer(try row.get("process")), "version": .string(try row.get("version")),
            "reason": (try row.get("reason", as: String?.self)).map { .string($0) } ?? .null,
            "since": .string(try row.get("started_at", as: Timestamp.self).description),
        ]
    }

    private static func settings(of manifest: Manifest, _ counts: [String: Int64]) -> [JSONValue] {
        func entry(_ field: Field, isSecret: Bool) -> JSONValue {
            [
                "name": .string(field.name), "is_secret": .bool(isSecret), "tenants": .integer(counts[field.name] ?? 0),
            ]
        }
        return manifest.settings.schema.fields.map { entry($0, isSecret: false) }
            + manifest.settings.secrets.fields.map { entry($0, isSecret: true) }
    }
}
