package import Cryptography
package import PluginKit
package import Postgres
internal import Tenancy

/// Onboarding: the companies on this installation.
package struct Tenants: Sendable {
    private let pipeline: PipelineConnection
    private let passwords: PasswordHasher

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, passwords: PasswordHasher) {
        self.pipeline = pipeline
        self.passwords = passwords
    }

    /// A tenant's columns, as `TenantPayload` has them.
    private static let columns: SQL = "id, slug, name, status, is_test, created_at, updated_at"

    /// Creates a tenant with its first owner, whose account the tenant manages.
    ///
    /// - Throws: `Problem` 409 `already_exists` when the slug is taken.
    package func create(
        slug: String, name: String, isTest: Bool, admin: NewMember
    ) async throws -> Resource<TenantPayload> {
        let hash = try await passwords.hash(chosen: admin.password, at: "/admin/password")
        let tenant = TenantID.make()
        let results = try await pipeline.runForCaller(
            [
                """
                INSERT INTO core.tenants (id, slug, name, is_test)
                VALUES (\(tenant), \(slug), \(name), \(isTest))
                RETURNING \(Tenants.columns)
                """
            ] + Members.insertion(of: admin, passwordHash: hash.text, into: tenant, returning: "id") + [
                "SELECT core.record_change('tenant', \(tenant), \(slug))"
            ])
        return try Resource(results[0])
    }

    /// A page of all tenants, newest first.
    package func list(_ page: PageRequest) async throws -> Page<TenantPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(Tenants.columns)
            FROM core.tenants
            WHERE id < \(page.after(0, or: ID<Tenant>(.last)))
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// One tenant.
    ///
    /// - Throws: `Problem.notFound`.
    package func get(_ id: TenantID) async throws -> Resource<TenantPayload> {
        try Tenants.only(
            await pipeline.runForCaller(["SELECT \(Tenants.columns) FROM core.tenants WHERE id = \(id)"])[0])
    }

    /// All tenants, newest first, for the command line.
    package func all() async throws -> [Summary] {
        let result = try await pipeline.runForCaller([
            "SELECT id, slug, name, status FROM core.tenants ORDER BY id DESC"
        ])[0]
        return try result.rows.map { row in
            Summary(
                id: try row.get("id"), slug: try row.get("slug"), name: try row.get("name"),
                status: try row.get("status"))
        }
    }

    /// A tenant in one line.
    package struct Summary: Sendable {
        package let id: TenantID
        package let slug: String
        package let name: String
        package let status: String

        package var json: JSONValue {
            ["id": .string(id.description), "slug": .string(slug), "name": .string(name), "status": .string(status)]
        }
    }

    /// The id of the tenant with this slug; nil when there is none.
    package func find(slug: String) async throws -> TenantID? {
        try await pipeline.runForCaller(["SELECT id FROM core.tenants WHERE slug = \(slug)"])[0].first?.get("id")
    }

    /// Suspends a tenant or lets it in again; every process knows within a second.
    ///
    /// - Throws: `Problem.notFound`.
    package func setActive(_ isActive: Bool, _ id: TenantID) async throws -> Resource<TenantPayload> {
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.tenants
            SET status = \(isActive ? "active" : "suspended")
            WHERE id = \(id)
            RETURNING \(Tenants.columns)
            """,
            "SELECT core.record_change('tenant', id, slug) FROM core.tenants WHERE id = \(id)",
        ])
        return try Tenants.only(results[0])
    }

    private static func only(_ result: ResultSet) throws -> Resource<TenantPayload> {
        guard !result.isEmpty else { throw Problem.notFound }
        return try Resource(result)
    }
}
