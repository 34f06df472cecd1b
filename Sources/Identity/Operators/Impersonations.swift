internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// An operator in a member's place.
enum Impersonation {}

/// Impersonation: for a reason and at most ten minutes, reading unless writing was asked for, and on record in the tenant.
struct Impersonations: Sendable {
    private let pipeline: PipelineConnection
    private let keyring: TokenKeyring
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, keyring: TokenKeyring, control: ControlPlane) {
        self.pipeline = pipeline
        self.keyring = keyring
        self.control = control
    }

    private static let columns: SQL = """
        id, profile_id, operator_id, reason, may_write, expires_at, ended_at, created_at
        """

    /// Begins to act as a member, for ten minutes at most.
    ///
    /// - Throws: `Problem.notFound` when there is no such active member of an active tenant; 401 `unauthenticated` when
    ///   the operator's token has ended meanwhile.
    func begin(
        _ input: NewImpersonation, _ operator: ID<Operator>, in tenant: TenantID
    ) async throws -> Resource<ImpersonationTokenPayload> {
        let id = ID<Impersonation>.make()
        let now = Date()
        let end = Timestamp(now).advanced(by: .seconds(input.minutes * 60))
        let results = try await pipeline.runForCaller([
            // Held, so that whoever ends the token sees what is begun by it and ends that too.
            """
            SELECT
            FROM core.operator_tokens
            WHERE id = \(`operator`) AND revoked_at IS NULL AND expires_at > now()
            FOR SHARE
            """,
            """
            INSERT INTO core.impersonations (tenant_id, id, profile_id, operator_id, reason, may_write, expires_at)
            SELECT p.tenant_id, \(id), p.id, \(`operator`), \(input.reason), \(input.mayWrite), \(end)
            FROM core.profiles p
            JOIN core.tenants t ON t.id = p.tenant_id AND t.status = 'active'
            JOIN core.operator_tokens o ON o.id = \(`operator`) AND o.revoked_at IS NULL AND o.expires_at > now()
            WHERE p.tenant_id = \(tenant) AND p.id = \(input.profile) AND p.status = 'active'
            """,
            "SELECT role, role_id, epoch FROM core.profiles WHERE tenant_id = \(tenant) AND id = \(input.profile)",
        ])
        guard !results[0].isEmpty else { throw Authenticator.unauthenticated }
        guard results[1].affected == 1, let row = results[2].first,
            let role = Role(try row.get("role"), try row.get("role_id"))
        else { throw Problem.notFound }
        let token = try keyring.tokenIssuer(now: now).issue(
            audience: .api, subject: input.profile.uuid, tenant: tenant.uuid, session: id.uuid, role: role.claim,
            epoch: try row.get("epoch"), impersonator: .init(id: `operator`.uuid, mayWrite: input.mayWrite),
            lifetime: TimeInterval(input.minutes * 60), now: now)
        return try Resource([
            "id": .string(id.description), "access_token": .string(token), "token_type": "Bearer",
            "expires_in": .integer(Int64(input.minutes) * 60),
            "may_write": .bool(input.mayWrite),
        ])
    }

    /// Ends an impersonation within a second.
    ///
    /// - Throws: `Problem.notFound`.
    func end(_ id: ID<Impersonation>, in tenant: TenantID) async throws {
        let result = try await pipeline.runForCaller([
            """
            WITH gone AS (
                UPDATE core.impersonations
                SET ended_at = now()
                WHERE tenant_id = \(tenant) AND id = \(id) AND ended_at IS NULL
                RETURNING tenant_id, id
            )
            \(SQL.tellingOfEnds(in: "gone"))
            """
        ])[0]
        guard !result.isEmpty else { throw Problem.notFound }
        try await control.refreshForCaller()
    }

    /// A page of the times operators acted in a tenant, newest first, for its admins.
    func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<ImpersonationPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(Impersonations.columns)
            FROM core.impersonations
            WHERE tenant_id = \(tenant) AND id < \(page.after(0, or: ID<Impersonation>(.last)))
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }
}
