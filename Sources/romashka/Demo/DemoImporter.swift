import Cryptography
import Foundation
import Identity
import Platform
import PluginKit
import Tenancy

/// Loads the demo's rows in batches, each a transaction in the tenant's session, as any importer has to.
///
/// Every id is derived from the tenant's and the row's place in the file, so that a batch that ran before changes nothing.
struct DemoImporter {
    private static let batchSize = 500
    /// How many customers the bank's questions are spread over.
    private static let bankCustomers = 1000

    let platform: Platform

    /// - Returns: how many customers the tenant has afterwards.
    func importRetail(_ customers: [RetailData.Customer]) async throws -> Int {
        let tenant = try await tenant("retail", "Retail shop")
        for batch in stride(from: 0, to: customers.count, by: Self.batchSize) {
            let part = Array(customers[batch..<min(batch + Self.batchSize, customers.count)])
            let ids = part.indices.map { Self.id(tenant, "customer", batch + $0) }
            try await write(
                tenant,
                [
                    """
                    INSERT INTO conversations.customer_profiles (tenant_id, id, external_id, email, name, metadata)
                    SELECT \(tenant), given.id, given.external_id, given.email, given.name, given.metadata::jsonb
                    FROM unnest(\(ids), \(part.map(\.externalID)), \(part.map(\.email)), \(part.map(\.name)),
                                \(part.map { String(decoding: $0.metadata.encoded(), as: UTF8.self) }))
                        AS given (id, external_id, email, name, metadata)
                    ON CONFLICT DO NOTHING
                    """
                ])
            Output.progress("retail: \(min(batch + Self.batchSize, customers.count)) of \(customers.count) customers")
        }
        return try await count(
            tenant, "SELECT count(*) AS count FROM conversations.customer_profiles WHERE tenant_id = \(tenant)")
    }

    /// - Returns: how many conversations the tenant has afterwards.
    func importBanking(_ questions: [BankingData.Question]) async throws -> Int {
        let tenant = try await tenant("banking", "Bank")
        try await importBankCustomers(tenant)
        for start in stride(from: 0, to: questions.count, by: Self.batchSize) {
            let range = start..<min(start + Self.batchSize, questions.count)
            try await importQuestions(Array(questions[range]), from: start, tenant)
            Output.progress("banking: \(range.upperBound) of \(questions.count) conversations")
        }
        return try await count(
            tenant, "SELECT count(*) AS count FROM conversations.conversations WHERE tenant_id = \(tenant)")
    }

    private func importBankCustomers(_ tenant: TenantID) async throws {
        let ids = (0..<Self.bankCustomers).map { Self.id(tenant, "customer", $0) }
        let names = (1...Self.bankCustomers).map { "Customer \($0)" }
        let emails = (1...Self.bankCustomers).map { "customer-\($0)@bank.example" }
        try await write(
            tenant,
            [
                """
                INSERT INTO conversations.customer_profiles (tenant_id, id, email, name)
                SELECT \(tenant), given.id, given.email, given.name
                FROM unnest(\(ids), \(emails), \(names)) AS given (id, email, name)
                ON CONFLICT DO NOTHING
                """
            ])
    }

    private func importQuestions(_ part: [BankingData.Question], from start: Int, _ tenant: TenantID) async throws {
        let ids = part.indices.map { Self.id(tenant, "conversation", start + $0) }
        let customers = part.indices.map { Self.id(tenant, "customer", (start + $0) % Self.bankCustomers) }
        let messages = part.indices.map { Self.id(tenant, "message", start + $0) }
        let times = part.indices.map { Self.time(tenant, start + $0) }
        try await write(
            tenant,
            [
                """
                INSERT INTO conversations.conversations
                    (tenant_id, id, customer_id, subject, message_count, last_message_at, created_at)
                SELECT \(tenant), given.id, given.customer_id, given.subject, 1, given.at, given.at
                FROM unnest(\(ids), \(customers), \(part.map { String($0.text.unicodeScalars.prefix(500)) }), \(times))
                    AS given (id, customer_id, subject, at)
                ON CONFLICT DO NOTHING
                """,
                """
                INSERT INTO conversations.conversation_tags (tenant_id, conversation_id, tag)
                SELECT \(tenant), given.id, given.tag
                FROM unnest(\(ids), \(part.map(\.category))) AS given (id, tag)
                ON CONFLICT DO NOTHING
                """,
                """
                INSERT INTO conversations.messages
                    (tenant_id, id, conversation_id, customer_id, direction, content, sender_kind, sender_id, created_at)
                SELECT \(tenant), given.id, given.conversation_id, given.customer_id, 'inbound', given.content, 'customer',
                       given.customer_id, given.at
                FROM unnest(\(messages), \(ids), \(part.map(\.text)), \(customers), \(times))
                    AS given (id, conversation_id, content, customer_id, at)
                ON CONFLICT DO NOTHING
                """,
            ])
    }

    private func tenant(_ slug: String, _ name: String) async throws -> TenantID {
        if let id = try await platform.identity.tenants.find(slug: slug) { return id }
        let password = Base64URL.encode(RandomBytes.generate(15))
        let admin = NewMember(email: "admin@\(slug).example", name: "Admin", password: password, role: .owner)
        _ = try await platform.identity.tenants.create(slug: slug, name: name, isTest: true, admin: admin)
        Output.progress("tenant \(slug) is new; \(admin.email) logs in with \(password)")
        return try await platform.tenant(slug)
    }

    private func open(_ tenant: TenantID, _ mode: SessionClaims.Mode) throws -> TenantTx {
        guard let module = ModuleName("conversations") else {
            throw ConfigurationError(.demoDataInvalid, "the module's name is wrong")
        }
        let session = TenantSession(verified: tenant, actor: Actor(kind: .system, id: ActorID(.first), role: "system"))
        return platform.databases.database(of: module).open(session, mode: mode)
    }

    /// Runs the statements in one transaction on a connection that may take its time.
    private func write(_ tenant: TenantID, _ statements: [SQL]) async throws {
        try await open(tenant, .write).leased { tx in
            for statement in statements { _ = try await tx.rows(statement) }
        }
    }

    private func count(_ tenant: TenantID, _ statement: SQL) async throws -> Int {
        try await open(tenant, .read).leased { tx in try await tx.rows(statement).first?.get("count") ?? 0 }
    }

    /// The moment of a row: one millisecond after the row before it, from the tenant's creation on.
    private static func time(_ tenant: TenantID, _ index: Int) -> Timestamp {
        let milliseconds = withUnsafeBytes(of: tenant.uuid.uuid) {
            $0.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        return Timestamp(microseconds: (milliseconds + Int64(index)) * 1000)
    }

    /// A UUIDv7 of the row's moment whose other bits are a hash of tenant, kind and place.
    private static func id(_ tenant: TenantID, _ kind: String, _ index: Int) -> UUID {
        let hash = SHA256.digest("\(tenant) \(kind) \(index)")
        let milliseconds = UInt64(time(tenant, index).microseconds / 1000)
        let noise = hash.prefix(10).map { UInt64($0) }
        let high = milliseconds << 16 | 0x7000 | (noise[0] << 8 | noise[1]) & 0x0FFF
        let low = 0x8000_0000_0000_0000 | noise[2...].reduce(0) { $0 << 8 | $1 } & 0x3FFF_FFFF_FFFF_FFFF
        return UUID(high: high, low: low)
    }
}
