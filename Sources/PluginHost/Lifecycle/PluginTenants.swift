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
                   t.id = ANY (\(wall.failingTenants)) AS is_failing
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
        ])
}
