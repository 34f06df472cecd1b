internal import PluginKit
package import Postgres
package import Tenancy

/// What a tenant may use and how it is set: plan and limits for operators, name and settings for its own admins.
package struct TenantAccounts: Sendable {
    private let pipeline: PipelineConnection
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, control: ControlPlane) {
        self.pipeline = pipeline
        self.control = control
    }

    private static let columns: SQL = """
        t.id, t.slug, t.name, t.status, t.is_test, t.zone, t.plan, p.limits || t.limits AS limits, t.settings,
        t.created_at, GREATEST(t.updated_at, p.updated_at) AS updated_at
        """

    /// A tenant with plan, limits and settings.
    ///
    /// - Throws: `Problem.notFound`.
    func get(_ tenant: TenantID) async throws -> Resource<TenantAccountPayload> {
        try Resource(await pipeline.runForCaller([TenantAccounts.selection(tenant)])[0])
    }

    /// Changes what operators decide; every process knows within a second.
    ///
    /// - Throws: `Problem.notFound`; 422 `reference_missing` for a plan that does not exist.
    func change(_ tenant: TenantID, _ input: TenantChange) async throws -> Resource<TenantAccountPayload> {
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.tenants
            SET name = COALESCE(\(input.name), name),
                is_test = COALESCE(\(input.isTest), is_test),
                zone = COALESCE(\(input.zone), zone),
                plan = COALESCE(\(input.plan), plan),
                limits = COALESCE(\(input.limits), limits)
            WHERE id = \(tenant)
            """,
            "SELECT core.record_change('tenant', id, slug) FROM core.tenants WHERE id = \(tenant)",
            TenantAccounts.selection(tenant),
        ])
        try await control.refreshForCaller()
        return try Resource(results[2])
    }

    /// Changes what a tenant's own admins decide.
    func change(_ tenant: TenantID, _ input: OwnTenantChange) async throws -> Resource<TenantAccountPayload> {
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.tenants
            SET name = COALESCE(\(input.name), name),
                zone = COALESCE(\(input.zone), zone),
                settings = COALESCE(\(input.settings), settings)
            WHERE id = \(tenant)
            """,
            TenantAccounts.selection(tenant),
        ])
        return try Resource(results[1])
    }

    /// All plans with their limits.
    func plans() async throws -> Page<PlanPayload> {
        let result = try await pipeline.runForCaller([
            "SELECT id, limits, updated_at FROM core.plans ORDER BY id LIMIT 1000"
        ])[0]
        return try Page(result, limit: 1000, key: ["id"])
    }

    /// Makes a plan, or gives one other limits, which hold for all its tenants within a second.
    func setPlan(_ id: String, _ input: PlanChange) async throws -> Resource<PlanPayload> {
        let results = try await pipeline.runForCaller([
            """
            INSERT INTO core.plans (id, limits)
            VALUES (\(id), \(input.limits))
            ON CONFLICT (id) DO UPDATE
            SET limits = EXCLUDED.limits
            RETURNING id, limits, updated_at
            """,
            """
            SELECT core.record_changes('tenant', array_agg(id), array_agg(slug))
            FROM core.tenants
            WHERE plan = \(id)
            HAVING count(*) > 0
            """,
        ])
        try await control.refreshForCaller()
        return try Resource(results[0])
    }

    private static func selection(_ tenant: TenantID) -> SQL {
        """
        SELECT \(columns)
        FROM core.tenants t
        JOIN core.plans p ON p.id = t.plan
        WHERE t.id = \(tenant)
        """
    }
}
