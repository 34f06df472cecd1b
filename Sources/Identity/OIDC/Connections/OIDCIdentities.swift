@_spi(Kernel) internal import PluginKit
internal import Postgres
internal import Tenancy

/// Who is whom: a provider's issuer and subject on one side, a member on the other.
struct OIDCIdentities: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// Takes a state; false when it was taken before.
    func use(_ state: SignInState) async throws -> Bool {
        let results = try await pipeline.runForCaller([
            "DELETE FROM core.oidc_used_states WHERE tenant_id = \(state.tenant) AND expires_at < now()",
            """
            INSERT INTO core.oidc_used_states (tenant_id, id, expires_at)
            VALUES (\(state.tenant), \(state.id), \(state.expiry.advanced(by: SignInSecrets.lifetime)))
            ON CONFLICT DO NOTHING
            """,
        ])
        return results[1].affected == 1
    }

    /// The active member who signs in as this person; nil when there is none.
    func profile(_ claims: IDTokenClaims, _ connection: OIDCConnection) async throws -> ProfileID? {
        let result = try await pipeline.runForCaller([
            """
            UPDATE core.oidc_identities AS i
            SET last_used_at = now()
            FROM core.profiles p
            WHERE i.tenant_id = \(connection.tenant) AND i.connection_id = \(connection.id)
              AND i.issuer = \(claims.issuer) AND i.subject = \(claims.subject)
              AND p.tenant_id = i.tenant_id AND p.id = i.profile_id AND p.status = 'active'
            RETURNING p.id AS profile_id
            """
        ])[0]
        return try result.first?.get("profile_id")
    }

    /// Whether the person belongs to a member, who may have been disabled.
    func isKnown(_ claims: IDTokenClaims, _ connection: OIDCConnection) async throws -> Bool {
        let result = try await pipeline.runForCaller([
            """
            SELECT 1 AS one
            FROM core.oidc_identities
            WHERE tenant_id = \(connection.tenant) AND connection_id = \(connection.id)
              AND issuer = \(claims.issuer) AND subject = \(claims.subject)
            """
        ])[0]
        return !result.isEmpty
    }

    /// Makes a member of the least role, with an account that is linked to none that is there already.
    func create(_ claims: IDTokenClaims, _ connection: OIDCConnection) async throws -> ProfileID? {
        let (account, profile) = (ID<Void>.make(), ProfileID.make())
        do {
            _ = try await pipeline.runForCaller([
                "INSERT INTO core.accounts (id, managed_by) VALUES (\(account), \(connection.tenant))",
                """
                INSERT INTO core.profiles (tenant_id, id, account_id, name, role)
                VALUES (\(connection.tenant), \(profile), \(account), \(claims.name ?? "New member"), \(OIDCConnections.newcomer.word))
                """,
                """
                INSERT INTO core.oidc_identities (tenant_id, connection_id, issuer, subject, profile_id)
                VALUES (\(connection.tenant), \(connection.id), \(claims.issuer), \(claims.subject), \(profile))
                """,
            ])
        } catch let problem as Problem where problem.code == "already_exists" {
            // The same person's other tab was first.
            return try await self.profile(claims, connection)
        }
        return profile
    }

    /// Links a member to the person, if the member is still logged in.
    ///
    /// - Throws: `Problem` 401 when not; 409 `already_linked` when the person is somebody else here, or the member is
    ///   somebody else there.
    func link(
        _ claims: IDTokenClaims, _ connection: OIDCConnection, to profile: ProfileID, while session: LoginSessionID
    ) async throws {
        let tenant = connection.tenant
        let results = try await pipeline.runForCaller([
            """
            INSERT INTO core.oidc_identities (tenant_id, connection_id, issuer, subject, profile_id)
            SELECT \(tenant), \(connection.id), \(claims.issuer), \(claims.subject), p.id
            FROM core.profiles p
            JOIN core.sessions s ON s.tenant_id = p.tenant_id AND s.profile_id = p.id
            WHERE p.tenant_id = \(tenant) AND p.id = \(profile) AND p.status = 'active'
              AND s.id = \(session) AND s.revoked_at IS NULL AND s.expires_at > now()
            ON CONFLICT DO NOTHING
            """,
            """
            SELECT i.profile_id
            FROM core.oidc_identities i
            WHERE i.tenant_id = \(tenant) AND i.connection_id = \(connection.id)
              AND i.issuer = \(claims.issuer) AND i.subject = \(claims.subject)
            """,
            """
            SELECT 1 AS one
            FROM core.oidc_identities i
            WHERE i.tenant_id = \(tenant) AND i.connection_id = \(connection.id) AND i.profile_id = \(profile)
            """,
        ])
        guard results[0].affected == 0 else { return }
        let owner: ProfileID? = try results[1].first?.get("profile_id")
        if owner == profile { return }
        guard owner == nil, results[2].isEmpty else {
            throw Problem.conflict("This person or this member is linked already.", code: "already_linked")
        }
        throw ProviderSignIn.refused
    }

    /// Whether a member signs in through a connection.
    func isLinked(_ profile: ProfileID, with connection: OIDCConnection) async throws -> Bool {
        let result = try await pipeline.runForCaller([
            """
            SELECT 1 AS one
            FROM core.oidc_identities
            WHERE tenant_id = \(connection.tenant) AND connection_id = \(connection.id) AND profile_id = \(profile)
            """
        ])[0]
        return !result.isEmpty
    }

    /// Removes a member's link, if there is one.
    func unlink(_ profile: ProfileID, from connection: OIDCConnectionID, of tenant: TenantID) async throws {
        _ = try await pipeline.runForCaller([
            """
            DELETE FROM core.oidc_identities
            WHERE tenant_id = \(tenant) AND connection_id = \(connection) AND profile_id = \(profile)
            """
        ])
    }
}
