import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatteryDatabaseRoleTests {
    @Test("a key of another tenant's row is free, so that no INSERT can ask for it", arguments: IsolationGround.modes)
    func uniqueKeysTellNothing(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for table in ground.moduleTables {
                let foreign = try await ground.value(of: ground.a, in: table)
                let own = try await ground.value(of: ground.b, in: table)
                // All of A's values but the tenant and what refers to other rows.
                var changes: [String: JSONValue] = ["tenant_id": .string(ground.b.id.description)]
                for name in table.references.flatMap(\.columns) { changes[name] = own[name] ?? .null }
                let statement = ground.insertion(of: foreign.replacing(changes), into: table)
                let outcome = try await ground.run([statement], as: table.module, ground.b, commits: false)
                #expect(outcome.touched == 1, "\(table.text): \(outcome.message)")
            }
        }
    }

    @Test("a reference to another tenant's row is as missing as one to no row", arguments: IsolationGround.modes)
    func referencesDoNotCross(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            var references = 0
            for table in ground.moduleTables {
                let foreign = try await ground.value(of: ground.a, in: table)
                let own = try await ground.value(of: ground.b, in: table)
                for reference in table.references {
                    let columns = reference.columns.filter { $0 != "tenant_id" }
                    let fresh = JSONValue.string(ID<Void>.make().description)
                    var crossed: [String: JSONValue] = [:]
                    var missing: [String: JSONValue] = [:]
                    for key in table.keys where key != "tenant_id" && !columns.contains(key) {
                        crossed[key] = .string(ID<Void>.make().description)
                        missing[key] = .string(ID<Void>.make().description)
                    }
                    for name in columns {
                        crossed[name] = try await parentValue(of: name, reference, foreign, ground)
                        missing[name] = fresh
                    }
                    var messages: [String] = []
                    for changes in [crossed, missing] {
                        let outcome = try await ground.asModule(table.module) { lease in
                            try await ground.inSession(
                                [ground.insertion(of: own.replacing(changes), into: table)], lease, ground.b)
                        }
                        #expect(outcome.refusal == "23503", "\(reference.name) \(outcome.message)")
                        messages.append(String(outcome.message.prefix { $0 != "(" }))
                    }
                    #expect(messages[0] == messages[1])
                    references += 1
                }
            }
            #expect(references >= 5)
        }
    }

    /// A's value for a column that refers to another row, also where A's own row leaves it empty.
    private func parentValue(
        of column: String, _ reference: IsolationTable.Reference, _ foreign: JSONValue, _ ground: IsolationGround
    ) async throws -> JSONValue {
        if let value = foreign[column], value != .null { return value }
        let index = try #require(reference.columns.firstIndex(of: column))
        let name = reference.parentColumns[index]
        let value = try await ground.database.asSuperuser { admin in
            try await admin.run(
                """
                SELECT \(unsafeSQL: name)::text AS value
                FROM \(unsafeSQL: reference.parent)
                WHERE tenant_id = \(ground.a.id)
                """
            ).first?.get("value", as: String.self)
        }
        return .string(try #require(value))
    }

    @Test("a table without a tenant is reached by no module", arguments: IsolationGround.modes)
    func everyOtherTableIsClosed(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let open = try await ground.database.asSuperuser { admin in
                // From pg_class alone: whoever forgets to protect a table appears here, whatever the views say.
                try await admin.run(
                    """
                    SELECT format('%s: %s may %s', c.oid::regclass, r.rolname, p) AS offence
                    FROM pg_class AS c
                    JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    CROSS JOIN pg_roles AS r
                    CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
                        AS p
                    WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v', 'S')
                      AND n.nspname !~ '^(pg_|information_schema$)'
                      AND r.rolname ~ '^romashka_(m_|modules$)'
                      AND (has_table_privilege(r.oid, c.oid, p)
                           OR p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                              AND has_any_column_privilege(r.oid, c.oid, p))
                      AND NOT (
                          c.relrowsecurity AND c.relforcerowsecurity AND NOT c.relispartition
                          AND p IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                          AND ('romashka_m_' || n.nspname = r.rolname
                               OR p = 'SELECT' AND EXISTS (
                                   SELECT
                                   FROM core.module_reads AS reads
                                   WHERE 'romashka_m_' || reads.module = r.rolname
                                     AND reads.schema_name = n.nspname AND reads.table_name = c.relname))
                          AND 1 = (
                              SELECT count(*)
                              FROM pg_policy AS policy
                              WHERE policy.polrelid = c.oid AND policy.polpermissive
                                AND policy.polroles && ARRAY[0::oid, r.oid]))
                    """
                ).rows.map { try $0.get("offence", as: String.self) }
            }
            #expect(open == [])
            #expect(ground.moduleTables.count >= 6)
        }
    }

    @Test("a customer sees only what is theirs, and only in their tenant", arguments: IsolationGround.modes)
    func customersSeeTheirOwn(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let rules = try await ground.database.asSuperuser { admin in
                try await admin.run(
                    "SELECT object, schema_name, customer_column FROM core.tenant_tables WHERE customer_column <> '' AND NOT is_leaf"
                ).rows.map { row in
                    (
                        table: try row.get("object", as: String.self),
                        module: try row.get("schema_name", as: String.self),
                        column: try row.get("customer_column", as: String.self)
                    )
                }
            }
            #expect(rules.count >= 3)
            for (table, module, column) in rules {
                for (customer, expected) in [(try await owner(of: table, column, ground), 1), (ActorID.make(), 0)] {
                    let session = TenantSession(
                        verified: ground.b.id, actor: Actor(kind: .customer, id: customer, role: "customer"))
                    let tenant = IsolationTenant(id: ground.b.id, word: ground.b.word, session: session)
                    let seen = try await ground.run(["SELECT t::text FROM \(table) AS t"], as: module, tenant)
                    #expect(seen.touched == expected, "\(table) \(seen.message)")
                    #expect(!seen.shows(IsolationTenant.canary))
                }
            }
        }
    }

    @Test("a customer or a visitor sees no table that no rule opens, and writes none", arguments: IsolationGround.modes)
    func principalsAreShutOut(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let closed = try await ground.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT object, customer_column IS NULL AND parent_column IS NULL AS to_customers,
                           public_column IS NULL AS to_visitors
                    FROM core.tenant_tables
                    WHERE login_name IS NOT NULL AND NOT is_leaf
                    """
                ).rows.map { row in
                    (
                        table: try row.get("object", as: String.self),
                        kinds: [
                            (Actor.Kind.customer, try row.get("to_customers", as: Bool.self)),
                            (Actor.Kind.visitor, try row.get("to_visitors", as: Bool.self)),
                        ]
                    )
                }
            }
            var count = 0
            for (name, kinds) in closed {
                let table = try #require(ground.moduleTables.first { $0.text == name })
                for (kind, isClosed) in kinds where isClosed {
                    let actor = Actor(kind: kind, id: .make(), role: "guest")
                    let guest = IsolationTenant(
                        id: ground.b.id, word: ground.b.word,
                        session: TenantSession(verified: ground.b.id, actor: actor))
                    for statement in [
                        "SELECT t::text FROM \(name) AS t", "DELETE FROM \(name) AS t RETURNING t::text",
                        ground.insertion(of: try await ground.value(of: ground.b, in: table), into: table),
                    ] {
                        let outcome = try await ground.run([statement], as: table.module, guest, commits: false)
                        #expect(outcome.touched == 0, "\(kind) \(statement)")
                    }
                    count += 1
                }
            }
            #expect(count >= 6)
        }
    }

    @Test("a customer reads no note, a visitor only what is published", arguments: IsolationGround.modes)
    func rulesHideRows(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let customer = try await ground.database.asSuperuser { admin in
                try await admin.run(
                    "UPDATE knowledge.knowledge_items SET status = 'published' WHERE tenant_id = \(ground.b.id)")
                try await admin.run("UPDATE conversations.messages SET type = 'text' WHERE tenant_id = \(ground.b.id)")
                return try #require(
                    try await admin.run(
                        "SELECT customer_id FROM conversations.messages WHERE tenant_id = \(ground.b.id)"
                    )
                    .first
                ).get("customer_id", as: ActorID.self)
            }
            let guests = [(Actor.Kind.customer, customer), (.visitor, ActorID.make())].map { kind, id in
                IsolationTenant(
                    id: ground.b.id, word: ground.b.word,
                    session: TenantSession(verified: ground.b.id, actor: Actor(kind: kind, id: id, role: "guest")))
            }
            let reads = [
                ("conversations", "SELECT m.id FROM conversations.messages AS m", guests[0]),
                ("knowledge", "SELECT i.id FROM knowledge.knowledge_items AS i", guests[1]),
            ]
            for (module, statement, guest) in reads {
                #expect(try await ground.run([statement], as: module, guest).touched == 1, "\(statement)")
            }
            try await ground.database.asSuperuser { admin in
                try await admin.run(
                    "UPDATE knowledge.knowledge_items SET status = 'draft' WHERE tenant_id = \(ground.b.id)")
                try await admin.run("UPDATE conversations.messages SET type = 'note' WHERE tenant_id = \(ground.b.id)")
            }
            for (module, statement, guest) in reads {
                #expect(try await ground.run([statement], as: module, guest).touched == 0, "\(statement)")
            }
        }
    }

    private func owner(of table: String, _ column: String, _ ground: IsolationGround) async throws -> ActorID {
        try await ground.database.asSuperuser { admin in
            let row = try await admin.run(
                "SELECT \(unsafeSQL: column) AS id FROM \(unsafeSQL: table) WHERE tenant_id = \(ground.b.id)"
            ).first
            return try #require(row).get("id")
        }
    }
}
