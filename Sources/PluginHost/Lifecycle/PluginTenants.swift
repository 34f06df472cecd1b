internal import PluginKit
package import Postgres
internal import Tenancy

/// How a module stands with each tenant, as an operator sees it.
package struct PluginTenants: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// A page of all tenants, newest first.
    func page(of manifest: Manifest, _ wall: PluginWall, _ page: PageRequest) async throws -> Page<PluginTenantPayload>
    {
        let module = manifest.id.description
        let settings = manifest.settings
        // What was stored under another version of the schema is left out: it may be a secret by now.
        let result = try await pipeline.runForCaller([
            """
            SELECT t.id AS tenant_id, t.slug, t.status,
                   \(manifest.isAlwaysOn) OR COALESCE(switch.enabled, true) AS enabled,
                   \(settings.effective(nil))::jsonb || COALESCE((
                       SELECT jsonb_object_agg(stored.key, stored.value)
                       FROM jsonb_each(switch.settings) AS stored
                       WHERE stored.key = ANY (\(settings.schema.fields.map(\.name)))), '{}') AS settings,
                   COALESCE((
                       SELECT jsonb_object_agg(secret.name, EXISTS (
                           SELECT
                           FROM core.module_secrets AS held
                           WHERE held.tenant_id = t.id AND held.module_id = \(module) AND held.name = secret.name))
                       FROM unnest(\(settings.secrets.fields.map(\.name))) AS secret (name)), '{}') AS secrets,
                   t.id = ANY (\(wall.failingTenants)) AS is_failing,
                   ARRAY(
                       SELECT stored.key
                       FROM jsonb_object_keys(COALESCE(switch.settings, '{}')) AS stored (key)
                       WHERE stored.key = ANY (\(settings.schema.fields.map(\.name)))
                       ORDER BY stored.key) AS settings_set,
                   (SELECT jsonb_build_object(
                               'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                               'code', e.code, 'place', e.place, 'request_id', e.request_id)
                    FROM core.plugin_errors AS e
                    WHERE e.tenant_id = t.id AND e.module_id = \(module) AND \(PluginSight.isShown)
                    ORDER BY e.id DESC
                    LIMIT 1) AS last_error
            FROM core.tenants AS t
            LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = t.id AND switch.module_id = \(module)
            WHERE t.id < \(page.after(0, or: TenantID(.last)))
            ORDER BY t.id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["tenant_id"])
    }
}

/// A tenant as far as one module goes.
enum PluginTenantPayload: Payload {
    static let schema = Schema(
        "PluginTenant",
        [
            Field("tenant_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("slug", .text(1...63), example: "acme"),
            Field("status", .text(1...40), example: "active", summary: "The tenant's own."),
            Field("enabled", .boolean, example: true),
            Field(
                "settings", .json(maximumBytes: 16_384), example: [:],
                summary: "What is set, with the defaults of what is not; never a secret."),
            Field(
                "secrets", .json(maximumBytes: 16_384), example: ["api_key": true],
                summary: "The settings that nobody may read back, and whether each is set."),
            Field(
                "is_failing", .boolean, example: false,
                summary:
                    "Whether it threw so often for this tenant, on the process that answers, that it is closed to it."
            ),
            Field(
                "settings_set", .array(.text(1...63), 0...100), example: [],
                summary: "Which of the settings are set, and do not follow the default."),
            Field("last_error", .object(lastError), nullable: true, example: nil),
        ])

    private static let lastError = Schema(
        "PluginTenantError",
        [
            Field("at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("code", .text(1...200), example: "plugin_timeout"),
            Field("place", .text(max: 300), nullable: true, example: "POST /v1/knowledge/items"),
            Field("request_id", .text(max: 128), nullable: true, example: "0192f0c1-7a00-7000-8000-00000000000a"),
        ])
}
