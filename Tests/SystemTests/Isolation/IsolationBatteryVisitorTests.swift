import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What a module's hostile SQL can do in the sessions of those who have no account: visitors and hooks. Generated from
/// the catalogue.
@Suite("IsolationBattery: visitors and hooks")
struct IsolationBatteryVisitorTests {
    /// Tenant B as somebody of this kind acts in it.
    private static func guest(_ kind: Actor.Kind, _ ground: IsolationGround) -> IsolationTenant {
        let actor = Actor(kind: kind, id: .make(), role: "guest")
        return IsolationTenant(
            id: ground.b.id, word: ground.b.word, session: TenantSession(verified: ground.b.id, actor: actor))
    }

    /// Publishes every row that a rule can open to visitors.
    private static func publishAll(_ ground: IsolationGround) async throws -> Set<String> {
        try await ground.database.asSuperuser { admin in
            let rules = try await admin.run(
                """
                SELECT object, public_column, public_value
                FROM core.tenant_tables
                WHERE public_column <> '' AND NOT is_leaf
                """)
            for row in rules.rows {
                let (table, column) = (
                    try row.get("object", as: String.self), try row.get("public_column", as: String.self)
                )
                let value = try row.get("public_value", as: String.self)
                _ = try await admin.run("UPDATE \(unsafeSQL: table) SET \(unsafeSQL: column) = \(value)")
            }
            return Set(try rules.rows.map { try $0.get("object", as: String.self) })
        }
    }

    @Test(
        "no statement of a visitor's or a hook's session touches another tenant's rows, published or not",
        arguments: IsolationGround.modes, [Actor.Kind.visitor, .hook])
    func otherTenants(mode: Bootstrap.SessionMode, kind: Actor.Kind) async throws {
        try await IsolationGround.with(mode) { ground in
            #expect(!(try await Self.publishAll(ground)).isEmpty)
            let before = try await ground.fingerprint(of: ground.a)
            let guest = Self.guest(kind, ground)
            for table in ground.tables {
                let victim = try await ground.rows(of: ground.a, in: table)
                let attacker = try await ground.rows(of: ground.b, in: table)
                for attack in IsolationAttack.all {
                    let statements = attack.statements(on: table, victim: victim, attacker: attacker)
                    let outcome = try await ground.run(statements, as: table.attacker, guest)
                    let what: Comment = "\(attack.name) on \(table.text) \(outcome.message)"
                    #expect(outcome.touched == 0 && !outcome.bytes.contains(IsolationTenant.canary), what)
                }
            }
            #expect(try await ground.fingerprint(of: ground.a) == before)
        }
    }

    @Test(
        "a visitor writes nothing at all, not even what they can read", arguments: IsolationGround.modes,
        IsolationDoor.allCases)
    func visitorsWriteNothing(mode: Bootstrap.SessionMode, door: IsolationDoor) async throws {
        try await IsolationGround.with(mode) { ground in
            let open = try await Self.publishAll(ground)
            let before = try await ground.fingerprint(of: ground.b)
            let guest = Self.guest(.visitor, ground)
            for table in ground.moduleTables {
                let seen = try await ground.run(["SELECT 1 FROM \(table.text)"], door, as: table.module, guest)
                #expect(seen.touched == (open.contains(table.text) ? 1 : 0), "\(table.text) \(seen.message)")
                for statement in [
                    "UPDATE \(table.text) SET \(table.changeable) = \(table.changeable)", "DELETE FROM \(table.text)",
                    ground.insertion(of: try await ground.value(of: ground.b, in: table), into: table),
                    "SELECT 1 FROM \(table.text) FOR UPDATE",
                ] {
                    let outcome = try await ground.run([statement], door, as: table.module, guest)
                    #expect(["25006", "42501"].contains(outcome.refusal ?? ""), "\(statement): \(outcome.message)")
                }
            }
            #expect(try await ground.fingerprint(of: ground.b) == before)
        }
    }

    @Test("a search answers nobody what their session may not read", arguments: IsolationGround.modes)
    func searches(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let searches = try await ground.database.asSuperuser { admin in
                try await admin.run("SELECT module, name, table_name FROM core.searches").rows.map { row in
                    (
                        module: try row.get("module", as: String.self), name: try row.get("name", as: String.self),
                        table: try row.get("table_name", as: String.self)
                    )
                }
            }
            #expect(!searches.isEmpty)
            for (module, name, table) in searches {
                let statement = "SELECT id FROM \(module).\(name)('\(IsolationTenant.plain)', 50)"
                #expect(try await ground.run([statement], as: module, ground.b).touched == 1, "\(name)")
                for kind in [Actor.Kind.visitor, .customer] {
                    let guest = Self.guest(kind, ground)
                    let found = try await ground.run([statement], as: module, guest)
                    let read = try await ground.run(["SELECT id FROM \(module).\(table)"], as: module, guest)
                    #expect(found.touched == 0 && read.touched == 0, "\(kind) \(name) \(found.message)")
                }
            }
            _ = try await Self.publishAll(ground)
            let visitor = Self.guest(.visitor, ground)
            for word in [IsolationTenant.plain, IsolationTenant.canary] {
                let found = try await ground.run(
                    ["SELECT id FROM knowledge.search_items('\(word)', 50)"], as: "knowledge", visitor)
                #expect(found.touched == (word == IsolationTenant.plain ? 1 : 0), "\(word)")
            }
        }
    }
}
