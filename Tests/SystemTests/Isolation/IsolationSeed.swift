import PluginKit
import Postgres
import Tenancy
import TestKit

/// Two tenants with a row in every table, tenant A's holding a word that must never be seen elsewhere.
struct IsolationSeed: Sendable {
    /// Stands in every text of tenant A.
    static let canary = "canary-7f3a91"

    let a: TestTenant
    let b: TestTenant

    /// Fills every tenant table of the modules for both tenants.
    static func plant(_ test: TestPlatform) async throws -> IsolationSeed {
        let seed = IsolationSeed(a: try await test.tenant("tenant-a"), b: try await test.tenant("tenant-b"))
        for (tenant, word) in [(seed.a, canary), (seed.b, "plain")] {
            try await test.database.asSuperuser { admin in
                for statement in statements(tenant.id, word) { try await admin.run(statement) }
            }
        }
        return seed
    }

    /// One row for each table, as the superuser writes it. A table more needs a line more: `IsolationBatteryCoverage`
    /// fails until it has one.
    private static func statements(_ tenant: TenantID, _ word: String) -> [SQL] {
        let customer = ID<Void>.make()
        let conversation = ID<Void>.make()
        let category = ID<Void>.make()
        return [
            """
            INSERT INTO conversations.customer_profiles (tenant_id, id, external_id, email, name)
            VALUES (\(tenant), \(customer), \(word), \(word + "@example.com"), \(word))
            """,
            """
            INSERT INTO conversations.conversations (tenant_id, id, customer_id, subject)
            VALUES (\(tenant), \(conversation), \(customer), \(word))
            """,
            """
            INSERT INTO conversations.conversation_tags (tenant_id, conversation_id, tag)
            VALUES (\(tenant), \(conversation), \(word))
            """,
            """
            INSERT INTO conversations.messages
                (tenant_id, id, conversation_id, customer_id, direction, content, sender_kind)
            VALUES (\(tenant), \(ID<Void>.make()), \(conversation), \(customer), 'inbound', \(word), 'customer')
            """,
            """
            INSERT INTO knowledge.knowledge_categories (tenant_id, id, name)
            VALUES (\(tenant), \(category), \(word))
            """,
            """
            INSERT INTO knowledge.knowledge_items (tenant_id, id, title, body, category_id, status)
            VALUES (\(tenant), \(ID<Void>.make()), \(word), \(word), \(category), 'published')
            """,
        ]
    }

    /// Every table of a module that holds tenants' rows, leaves of partitions apart, as `module.table`.
    static func tables(_ test: TestPlatform) async throws -> [TenantTable] {
        try await test.database.asSuperuser { admin in
            let result = try await admin.run(
                """
                SELECT n.nspname::text AS module, c.relname::text AS name
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
                WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND r.rolname = 'romashka_o_' || n.nspname
                ORDER BY 1, 2
                """)
            return try result.rows.map { TenantTable(module: try $0.get("module"), name: try $0.get("name")) }
        }
    }
}

/// A table of a module.
struct TenantTable: Hashable, Sendable {
    let module: String
    let name: String

    var text: String { "\(module).\(name)" }
}
