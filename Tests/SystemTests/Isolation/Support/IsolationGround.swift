import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit

/// A migrated database with two tenants and a row of each in every table, and the doors a module has to it.
struct IsolationGround: Sendable {
    let database: TestDatabase
    let databases: Databases
    let tables: [IsolationTable]
    /// The tenant that is attacked.
    let a: IsolationTenant
    /// The tenant that attacks.
    let b: IsolationTenant

    /// Session modes, as test arguments.
    static let modes: [Bootstrap.SessionMode] = [.privileged, .mac]

    /// Builds the ground on a database of its own, runs `body`, and drops it.
    static func with<Value: Sendable>(
        _ mode: Bootstrap.SessionMode, leases: Int = 8, _ body: @Sendable (IsolationGround) async throws -> Value
    ) async throws -> Value {
        let template = try await TemplateDatabase.name(mode: mode)
        return try await TestDatabase.with(template: template) { database in
            let databases = try Databases(
                server: database.settings, master: TestPlatform.master, leaseBudget: leases,
                statementTimeout: TestPlatform.statementTimeout,
                logger: database.server.logger)
            defer { databases.close() }
            let a = IsolationTenant(word: IsolationTenant.canary)
            let b = IsolationTenant(word: IsolationTenant.plain)
            let tables = try await database.asSuperuser { admin in
                for tenant in [a, b] { try await tenant.create(admin) }
                return try await IsolationTable.all(admin)
            }
            try await plant(tables, [a, b], database)
            return try await body(
                IsolationGround(database: database, databases: databases, tables: tables, a: a, b: b))
        }
    }

    /// Gives each tenant a row in every table.
    static func plant(_ tables: [IsolationTable], _ tenants: [IsolationTenant], _ database: TestDatabase) async throws {
        try await database.asSuperuser { admin in
            for tenant in tenants {
                try await IsolationPlanter(admin: admin, tables: tables, tenant: tenant.id, word: tenant.word).plant()
            }
        }
    }

    /// The tables of modules, which their roles may use.
    var moduleTables: [IsolationTable] { tables.filter { !$0.isKernels } }

    /// One row of a tenant as JSON, as the superuser sees it.
    func row(of tenant: IsolationTenant, in table: IsolationTable) async throws -> String {
        try await database.asSuperuser { admin in
            try await admin.run(
                """
                SELECT to_jsonb(t)::text AS row
                FROM \(unsafeSQL: table.text) AS t
                WHERE tenant_id = \(tenant.id)
                ORDER BY t::text
                LIMIT 1
                """
            ).first?.get("row") ?? "{}"
        }
    }

    /// A hash of every row a tenant has, a line for each table.
    func fingerprint(of tenant: IsolationTenant) async throws -> [String] {
        try await IsolationGround.fingerprint(of: tenant.id, tables, database)
    }

    static func fingerprint(
        of tenant: TenantID, _ tables: [IsolationTable], _ database: TestDatabase
    ) async throws -> [String] {
        try await database.asSuperuser { admin in
            var lines: [String] = []
            for table in tables {
                let row = try await admin.run(
                    """
                    SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS hash
                    FROM \(unsafeSQL: table.text) AS t
                    WHERE tenant_id = \(tenant)
                    """
                ).first
                lines.append("\(table.text) \(try row?.get("hash", as: String.self) ?? "")")
            }
            return lines
        }
    }
}

/// A tenant with a word that stands in its rows and nowhere else.
struct IsolationTenant: Sendable {
    /// Stands in every text of the tenant that is attacked; only small letters and digits, so that any column takes it.
    static let canary = "canary7f3a91"
    /// Stands in the texts of the tenant that attacks.
    static let plain = "plain5e2b80"

    let id: TenantID
    let word: String
    let session: TenantSession

    init(word: String) {
        let id = TenantID.make()
        self.init(
            id: id, word: word,
            session: TenantSession(verified: id, actor: Actor(kind: .member, id: .make(), role: "admin")))
    }

    init(id: TenantID, word: String, session: TenantSession) {
        self.id = id
        self.word = word
        self.session = session
    }

    func create(_ admin: Lease) async throws {
        let account = ID<Void>.make()
        try await admin.run("INSERT INTO core.tenants (id, slug, name) VALUES (\(id), \(word), \(word))")
        try await admin.run("INSERT INTO core.accounts (id, email) VALUES (\(account), \(word + "@example.com"))")
        try await admin.run(
            """
            INSERT INTO core.profiles (tenant_id, id, account_id, email, name, role)
            VALUES (\(id), \(session.actor.id), \(account), \(word + "@example.com"), \(word), 'admin')
            """)
    }
}
