package import Cryptography
package import PluginKit
package import Postgres
internal import Tenancy

/// The people of a tenant.
package struct Members: Sendable {
    private let pipeline: PipelineConnection
    private let passwords: PasswordHasher

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, passwords: PasswordHasher) {
        self.pipeline = pipeline
        self.passwords = passwords
    }

    /// Adds a person to a tenant. Somebody who has an account already keeps their password.
    ///
    /// - Throws: `Problem` 409 `already_exists` when they are a member already.
    package func add(_ member: NewMember, to tenant: TenantID) async throws -> Resource<MemberPayload> {
        let hash = try await passwords.hash(chosen: member.password, at: "/password")
        let profile = ProfileID.make()
        let results = try await run([
            Members.accountInsertion(email: member.email, passwordHash: hash.text),
            Members.profileInsertion(profile, tenant, member),
            """
            SELECT p.id, a.email, p.name, p.role, p.status, p.created_at
            FROM core.profiles p
            JOIN core.accounts a ON a.id = p.account_id
            WHERE p.tenant_id = \(tenant) AND p.id = \(profile)
            """,
        ])
        return try Resource(results[2])
    }

    /// A page of a tenant's people, newest first.
    package func list(of tenant: TenantID, _ page: PageRequest) async throws -> Page<MemberPayload> {
        let result = try await run([
            """
            SELECT p.id, a.email, p.name, p.role, p.status, p.created_at
            FROM core.profiles p
            JOIN core.accounts a ON a.id = p.account_id
            WHERE p.tenant_id = \(tenant) AND p.id < \(page.after(0, or: ID<Profile>(.last)))
            ORDER BY p.id DESC
            LIMIT \(page.fetchCount)
            """
        ])[0]
        return try Page(result, limit: page.limit, key: ["id"])
    }

    /// Creates the account unless there is one with this address, whose password stays.
    static func accountInsertion(email: String, passwordHash: String) -> SQL {
        """
        INSERT INTO core.accounts (id, email, password_hash)
        VALUES (\(ID<Void>.make()), \(email), \(passwordHash))
        ON CONFLICT (email) DO NOTHING
        """
    }

    static func profileInsertion(_ id: ProfileID, _ tenant: TenantID, _ member: NewMember) -> SQL {
        """
        INSERT INTO core.profiles (tenant_id, id, account_id, name, role)
        SELECT \(tenant), \(id), a.id, \(member.name), \(member.role)
        FROM core.accounts a
        WHERE a.email = \(member.email)
        """
    }

    private func run(_ statements: [SQL]) async throws -> [ResultSet] {
        try await ProblemMapping.translate { try await pipeline.run(statements) }
    }
}
