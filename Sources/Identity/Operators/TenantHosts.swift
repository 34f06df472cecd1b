package import PluginKit
package import Postgres
package import Tenancy

/// The hosts under which visitors find tenants: each belongs to one of them, as an operator says.
package struct TenantHosts: Sendable {
    private let pipeline: PipelineConnection
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, control: ControlPlane) {
        self.pipeline = pipeline
        self.control = control
    }

    /// The most hosts of a tenant.
    private static let maximumCount = 50

    /// A tenant's hosts by name.
    func list(of tenant: TenantID) async throws -> Page<TenantHostPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT host, created_at
            FROM core.tenant_hosts
            WHERE tenant_id = \(tenant)
            ORDER BY host
            LIMIT \(TenantHosts.maximumCount)
            """
        ])[0]
        return try Page(result, limit: TenantHosts.maximumCount, key: ["host"])
    }

    /// Gives a tenant a host; every process knows within a second.
    ///
    /// - Throws: `Problem.notFound`; 409 `already_exists` when it is somebody's, `limit_reached`.
    func add(_ host: PublicHost, to tenant: TenantID) async throws -> Resource<TenantHostPayload> {
        let results = try await pipeline.runForCaller([
            .lock(tenant),
            """
            INSERT INTO core.tenant_hosts (host, tenant_id)
            SELECT \(host.description), t.id
            FROM core.tenants t
            WHERE t.id = \(tenant)
              AND (SELECT count(*) FROM core.tenant_hosts WHERE tenant_id = t.id) < \(TenantHosts.maximumCount)
            RETURNING host, created_at
            """,
            "SELECT core.record_change('tenant', id, 'hosts') FROM core.tenants WHERE id = \(tenant)",
        ])
        guard !results[0].isEmpty else { throw Problem.notFound }
        guard !results[1].isEmpty else {
            throw Problem.conflict("A tenant may have \(TenantHosts.maximumCount) hosts.", code: "limit_reached")
        }
        try await control.refreshForCaller()
        return try Resource(results[1])
    }

    /// Takes a host away from a tenant; every process knows within a second.
    ///
    /// - Throws: `Problem.notFound`.
    func remove(_ host: PublicHost, from tenant: TenantID) async throws {
        let result = try await pipeline.runForCaller([
            """
            WITH gone AS (
                DELETE FROM core.tenant_hosts
                WHERE tenant_id = \(tenant) AND host = \(host.description)
                RETURNING tenant_id
            )
            SELECT core.record_change('tenant', tenant_id, 'hosts')
            FROM gone
            """
        ])[0]
        guard !result.isEmpty else { throw Problem.notFound }
        try await control.refreshForCaller()
    }
}

/// A host of a tenant.
package enum TenantHostPayload: Payload {
    package static let schema = Schema(
        "TenantHost",
        [
            Field("host", .text(3...253), example: "help.acme.example"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// A host to be given to a tenant.
package struct NewTenantHost: RequestPayload {
    let host: PublicHost

    package static let schema = Schema(
        "NewTenantHost",
        [
            Field(
                "host", .text(3...253), required: true, example: "help.acme.example",
                summary: "A name of letters, digits and inner hyphens; other letters as RFC 3492 writes them.")
        ])

    package init(_ record: Record) throws {
        host = try NewTenantHost.read(try record["host"], at: "/host")
    }

    /// - Throws: `Problem` 422 `host_refused` for what is no name of a host.
    private static func read(_ text: String, at pointer: String) throws -> PublicHost {
        guard !text.contains(":"), let host = PublicHost(text) else {
            throw Problem.validation(
                [.init(pointer: pointer, code: "host", detail: "must be the name of a host, without a port")],
                code: "host_refused")
        }
        return host
    }
}
