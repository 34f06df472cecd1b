import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What hostile SQL in one customer's session can do to another customer of the same tenant: nothing.
@Suite("IsolationBattery: customers of one tenant")
struct IsolationBatteryCustomerTests {
    /// Stands in the rows of the customer who attacks.
    static let own = "mallory4d1c77"

    /// A ground on which a tenant has a second customer, with a conversation and a note in it.
    struct Site {
        let ground: IsolationGround
        let mallory: IsolationTenant
        let conversation: ID<Void>

        init(_ ground: IsolationGround) async throws {
            self.ground = ground
            let (tenant, own) = (ground.b.id, IsolationBatteryCustomerTests.own)
            let id = ActorID.make()
            let conversation = ID<Void>.make()
            self.conversation = conversation
            mallory = IsolationTenant(
                id: tenant, word: own,
                session: TenantSession(verified: tenant, actor: Actor(kind: .customer, id: id, role: "customer")))
            try await ground.database.asSuperuser { admin in
                try await admin.run(
                    "INSERT INTO conversations.customer_profiles (tenant_id, id, name) VALUES (\(tenant), \(id), \(own))"
                )
                try await admin.run(
                    """
                    INSERT INTO conversations.conversations (tenant_id, id, customer_id, subject)
                    VALUES (\(tenant), \(conversation), \(id), \(own))
                    """)
                for (type, content) in [("text", own), ("note", "\(IsolationTenant.plain) of \(own)")] {
                    try await admin.run(
                        """
                        INSERT INTO conversations.messages
                            (tenant_id, id, conversation_id, customer_id, direction, type, content, sender_kind)
                        VALUES (\(tenant), \(ID<Void>.make()), \(conversation), \(id), 'outbound', \(type), \(content),
                                'member')
                        """)
                }
            }
        }

        /// A row of another customer, or of nobody, as JSON.
        func foreignRow(in table: IsolationTable) async throws -> String {
            try await ground.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT to_jsonb(t)::text AS row
                    FROM \(unsafeSQL: table.text) AS t
                    WHERE tenant_id = \(ground.b.id) AND t::text NOT LIKE \("%\(IsolationBatteryCustomerTests.own)%")
                    LIMIT 1
                    """
                ).first?.get("row") ?? "{}"
            }
        }

        /// Every row of the tenant that is not Mallory's to change.
        func others() async throws -> [String] {
            try await ground.database.asSuperuser { admin in
                var lines: [String] = []
                for table in ground.moduleTables {
                    let rows = try await admin.run(
                        """
                        SELECT t::text AS row FROM \(unsafeSQL: table.text) AS t
                        WHERE tenant_id = \(ground.b.id) AND t::text LIKE \("%\(IsolationTenant.plain)%") ORDER BY 1
                        """)
                    lines += try rows.rows.map { "\(table.text) \(try $0.get("row", as: String.self))" }
                }
                return lines
            }
        }
    }

    /// The tables in which Mallory has a row of her own to see.
    private static let tablesOfOwn = [
        "conversations.customer_profiles", "conversations.conversations", "conversations.messages",
    ]

    /// Attacks on one table: what they say, and whether a refusal is as good as finding nothing.
    private static func attacks(on table: IsolationTable) -> [String] {
        let theirs = "t::text LIKE '%\(IsolationTenant.plain)%'"
        let column = table.changeable
        return [
            "SELECT t::text FROM \(table.text) AS t",
            "SELECT t::text FROM \(table.text) AS t WHERE \(theirs)",
            "SELECT t::text FROM \(table.text) AS t WHERE ctid IS NOT NULL FOR UPDATE",
            "SELECT 1 FROM \(table.text) AS t WHERE 1 / (CASE WHEN \(theirs) THEN 0 ELSE 1 END) = 2",
            "SELECT 1 FROM \(table.text) AS t WHERE \(theirs) AND t::text::int8 = 1",
            "UPDATE \(table.text) AS t SET \(column) = \(column) WHERE \(theirs) RETURNING t::text",
            "UPDATE \(table.text) AS t SET \(column) = o.\(column) FROM \(table.text) AS o WHERE o.tenant_id = t.tenant_id AND \(theirs)",
            "DELETE FROM \(table.text) AS t WHERE \(theirs) RETURNING t::text",
            "MERGE INTO \(table.text) AS t USING (VALUES (1)) AS v (x) ON \(theirs) WHEN MATCHED THEN DELETE",
        ]
    }

    @Test("Nothing of another customer is read, changed, locked or told by an error", arguments: IsolationGround.modes)
    func tables(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let site = try await Site(ground)
            let before = try await site.others()
            #expect(before.count > 4)
            for table in ground.moduleTables {
                for attack in Self.attacks(on: table) {
                    for door in IsolationDoor.allCases {
                        let outcome = try await ground.run([attack], door, as: table.module, site.mallory)
                        #expect(!outcome.shows(IsolationTenant.plain), "\(door) \(attack)")
                        let isDenied = ["42501", "statement_refused"].contains(outcome.refusal ?? "")
                        #expect(outcome.refusal == nil || isDenied, "\(door) \(attack): \(outcome.message)")
                    }
                }
                let all = "SELECT t::text FROM \(table.text) AS t"
                let seen = try await ground.run([all], as: table.module, site.mallory)
                #expect(seen.touched == (Self.tablesOfOwn.contains(table.text) ? 1 : 0), "\(table.text)")
                let shown = try await ground.run([all], as: table.module, ground.b)
                #expect(shown.touched > 0, "a member sees \(table.text), so that its hiding means something")
            }
            #expect(try await site.others() == before)
        }
    }

    @Test("No row is made for another customer, moved to them, or made a note", arguments: IsolationGround.modes)
    func insertions(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let site = try await Site(ground)
            let before = try await site.others()
            for table in ground.moduleTables {
                let row = try await site.foreignRow(in: table).replacing("'", with: "''")
                let copy = """
                    INSERT INTO \(table.text) (\(table.insertable))
                    SELECT \(table.insertable)
                    FROM jsonb_populate_record(NULL::\(table.text), '\(row)'::jsonb || jsonb_build_object('id', '\(ID<Void>.make())'))
                    """
                let outcome = try await ground.run([copy], .open, as: table.module, site.mallory)
                #expect(outcome.refusal == "42501", "\(table.text): \(outcome.message)")
            }
            let own = "tenant_id = '\(ground.b.id)' AND id = '\(site.conversation)'"
            for attack in [
                """
                UPDATE conversations.conversations
                SET customer_id = (SELECT gen_random_uuid())
                WHERE \(own)
                """,
                """
                INSERT INTO conversations.messages
                    (tenant_id, id, conversation_id, customer_id, direction, type, content, sender_kind)
                SELECT tenant_id, '\(ID<Void>.make())', id, customer_id, 'inbound', 'note', 'x', 'customer'
                FROM conversations.conversations WHERE \(own)
                """,
                "UPDATE conversations.messages SET type = 'note' WHERE conversation_id = '\(site.conversation)'",
            ] {
                let outcome = try await ground.run([attack], .open, as: "conversations", site.mallory)
                #expect(outcome.refusal == "42501", "\(attack): \(outcome.message)")
            }
            #expect(try await site.others() == before)
        }
    }

    @Test(
        "A search finds for a customer only what is theirs, and tells of nothing else", arguments: IsolationGround.modes
    )
    func searches(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let site = try await Site(ground)
            let searches = try await ground.database.asSuperuser { admin in
                try await admin.run("SELECT module, name FROM core.searches").rows.map {
                    (module: try $0.get("module", as: String.self), name: try $0.get("name", as: String.self))
                }
            }
            #expect(!searches.isEmpty)
            let visitor = IsolationTenant(
                id: ground.b.id, word: Self.own,
                session: TenantSession(
                    verified: ground.b.id, actor: Actor(kind: .visitor, id: .make(), role: "visitor")))
            for (module, name) in searches {
                let call = "SELECT id::text FROM \(module).\(name)('\(IsolationTenant.plain)', 100)"
                let found = try await ground.run([call], as: module, ground.b)
                #expect(found.touched > 0, "a member finds it")
                for outsider in [site.mallory, visitor] {
                    let outcome = try await ground.run([call], as: module, outsider)
                    #expect(outcome.refusal == nil && outcome.touched == 0, "\(call): \(outcome.message)")
                }
            }
        }
    }
}
