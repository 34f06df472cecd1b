package import Cryptography
@_spi(Kernel) package import PluginKit
package import Postgres
internal import Tenancy

/// The providers that tenants let their people sign in through.
package struct OIDCConnections: Sendable {
    /// How many connections a tenant may have.
    private static let maximumCount = 20

    /// What somebody becomes who is not known: the least role.
    static let newcomer = Role.viewer

    private let pipeline: PipelineConnection
    private let secrets: ClientSecrets
    private let settings: OIDCSettings

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, master: MasterSecret, settings: OIDCSettings) throws(CryptographyError) {
        self.pipeline = pipeline
        self.settings = settings
        secrets = try ClientSecrets(master: master)
    }

    /// A connection's columns, as `OIDCConnectionPayload` has them.
    private var columns: SQL {
        """
        id, name, issuer, client_id, client_secret IS NOT NULL AS has_client_secret, provisioning, enabled,
        \(settings.publicURL ?? "") || '/v1/auth/oidc/' || id::text || '/callback' AS redirect_uri,
        created_at, updated_at
        """
    }

    /// Adds a connection.
    ///
    /// - Throws: `Problem` 422 for an issuer that may not be asked; 409 `too_many` beyond 20; 403 `role_forbidden` when the
    ///   caller is no longer who they were.
    package func add(_ new: NewOIDCConnection, by call: Call) async throws -> Resource<OIDCConnectionPayload> {
        try requireIssuer(new.issuer)
        let (tenant, id) = (call.tenant, OIDCConnectionID.make())
        let sealed = try new.clientSecret.map { try secrets.seal($0, tenant, id) }
        let results = try await pipeline.runForCaller([
            .lock(tenant),
            """
            INSERT INTO core.oidc_connections (tenant_id, id, name, issuer, client_id, client_secret, provisioning)
            SELECT \(tenant), \(id), \(new.name), \(new.issuer), \(new.clientID), \(sealed), \(new.provisioning)
            WHERE (SELECT count(*) FROM core.oidc_connections WHERE tenant_id = \(tenant)) < \(OIDCConnections.maximumCount)
              AND \(Members.isStanding(call))
            RETURNING \(columns)
            """,
        ])
        guard !results[1].isEmpty else {
            try await pipeline.requireStanding(call)
            throw Problem.conflict(
                "A tenant has \(OIDCConnections.maximumCount) connections at most.", code: "too_many")
        }
        return try Resource(results[1])
    }

    /// A page of a tenant's connections, newest first.
    package func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<OIDCConnectionPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT \(columns)
            FROM core.oidc_connections
            WHERE tenant_id = \(tenant) AND id < \(page.after(0, or: OIDCConnectionID(.last)))
            ORDER BY id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// One connection; nil when the tenant has none with this id.
    package func get(_ id: OIDCConnectionID, of tenant: TenantID) async throws -> Resource<OIDCConnectionPayload>? {
        let result = try await pipeline.runForCaller([
            "SELECT \(columns) FROM core.oidc_connections WHERE tenant_id = \(tenant) AND id = \(id)"
        ])[0]
        return result.isEmpty ? nil : try Resource(result)
    }

    /// Changes some of a connection. Another issuer does not get the secret that the one before gave.
    ///
    /// - Parameter mayLetIn: whether the connection may be one that makes people members.
    /// - Throws: `Problem.notFound`; 403 `role_forbidden`, also when the caller is no longer who they were; 422 for an
    ///   issuer that may not be asked.
    package func change(
        _ id: OIDCConnectionID, _ change: OIDCConnectionChange, by call: Call, mayLetIn: Bool
    ) async throws -> Resource<OIDCConnectionPayload> {
        if let issuer = change.issuer { try requireIssuer(issuer) }
        let tenant = call.tenant
        let sealed = try change.clientSecret.flatMap { $0 }.map { try secrets.seal($0, tenant, id) }
        let result = try await pipeline.runForCaller([
            .lock(tenant),
            """
            UPDATE core.oidc_connections
            SET name = COALESCE(\(change.name), name),
                issuer = COALESCE(\(change.issuer), issuer),
                client_id = COALESCE(\(change.clientID), client_id),
                client_secret = CASE
                    WHEN \(change.clientSecret != nil) THEN \(sealed)
                    WHEN COALESCE(\(change.issuer), issuer) = issuer THEN client_secret
                END,
                provisioning = COALESCE(\(change.provisioning), provisioning),
                enabled = COALESCE(\(change.isEnabled), enabled)
            WHERE tenant_id = \(tenant) AND id = \(id)
              AND (\(mayLetIn) OR COALESCE(\(change.provisioning), provisioning) = 'refuse')
              AND \(Members.isStanding(call))
            RETURNING \(columns)
            """,
        ])[1]
        if result.isEmpty, try await get(id, of: tenant) != nil { throw RoleAuthority.forbidden }
        return try Resource(result)
    }

    /// Removes a connection with all its links.
    ///
    /// - Throws: `Problem.notFound`.
    package func remove(_ id: OIDCConnectionID, of tenant: TenantID) async throws {
        let result = try await pipeline.runForCaller([
            "DELETE FROM core.oidc_connections WHERE tenant_id = \(tenant) AND id = \(id)"
        ])[0]
        guard result.affected == 1 else { throw Problem.notFound }
    }

    /// What a tenant's login page offers; nothing for a tenant that is unknown or suspended.
    func offered(by slug: String) async throws -> Page<SignInOfferPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT c.id, c.name, \(settings.publicURL ?? "") || '/v1/auth/oidc/' || c.id::text || '/start' AS start_url
            FROM core.oidc_connections c
            JOIN core.tenants t ON t.id = c.tenant_id AND t.status = 'active'
            WHERE t.slug = \(slug) AND c.enabled
            ORDER BY c.id
            LIMIT \(OIDCConnections.maximumCount)
            """
        ])[0]
        return try Page(result, limit: OIDCConnections.maximumCount, key: ["id"])
    }

    /// A connection that people may sign in through now.
    func enabled(_ id: OIDCConnectionID) async throws -> OIDCConnection? {
        let result = try await pipeline.runForCaller([
            """
            SELECT c.tenant_id, c.id, c.issuer, c.client_id, c.client_secret, c.provisioning
            FROM core.oidc_connections c
            JOIN core.tenants t ON t.id = c.tenant_id AND t.status = 'active'
            WHERE c.id = \(id) AND c.enabled
            LIMIT 2
            """
        ])[0]
        // An id belongs to one tenant; one that two had would lead to either.
        return result.count == 1 ? try result.first.map(OIDCConnection.init) : nil
    }

    /// The secret to speak to a connection's provider with; nil for a client that has none.
    func secret(of connection: OIDCConnection) throws -> String? {
        try connection.sealedSecret.map { try secrets.open($0, connection.tenant, connection.id) }
    }

    private func requireIssuer(_ issuer: String) throws {
        guard issuer.utf8.count <= 255, ProviderURL(issuer, settings, allowsQuery: false) != nil else {
            throw Problem.validation(
                [
                    .init(
                        pointer: "/issuer", code: "format", detail: "must be an https URL without query and fragment")
                ], code: "issuer_refused")
        }
    }
}
