import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What hostile SQL of a module's role can do to another tenant's rows: nothing. Generated from the catalogue.
@Suite("IsolationBattery: database role")
struct IsolationBatteryDatabaseRoleTests {
    @Test(
        "no statement on any table touches another tenant's rows",
        arguments: IsolationGround.modes, IsolationDoor.allCases)
    func attacksTouchNothing(mode: Bootstrap.SessionMode, door: IsolationDoor) async throws {
        try await IsolationGround.with(mode) { ground in
            let before = try await ground.fingerprint(of: ground.a)
            for table in ground.tables {
                let victim = try await ground.rows(of: ground.a, in: table)
                let attacker = try await ground.rows(of: ground.b, in: table)
                for attack in IsolationAttack.all {
                    let statements = attack.statements(on: table, victim: victim, attacker: attacker)
                    let outcome = try await ground.run(statements, door, as: table.attacker, ground.b)
                    Self.check(outcome, of: attack, on: table, door)
                }
            }
            #expect(try await ground.fingerprint(of: ground.a) == before)
        }
    }

    /// Refused, or answered with nothing: which of them depends on what the role may do with the table at all.
    private static func check(
        _ outcome: IsolationOutcome, of attack: IsolationAttack, on table: IsolationTable, _ door: IsolationDoor
    ) {
        let what: Comment = "\(attack.name) on \(table.text): \(outcome.refusal ?? "answered \(outcome.touched) rows")"
        #expect(outcome.touched == 0, what)
        #expect(!outcome.bytes.contains(IsolationTenant.canary), what)
        if outcome.refusal == "statement_refused" { return }
        if table.isKernels {
            #expect(outcome.refusal == "42501", what)
        } else if attack.refusals.isEmpty {
            #expect(outcome.refusal == nil || outcome.refusal == "42501" && !table.isChangeable, what)
        } else {
            #expect(attack.refusals.contains(outcome.refusal ?? ""), what)
        }
    }

    @Test("each attack works on one's own rows", arguments: IsolationGround.modes)
    func attacksAreReal(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for table in ground.moduleTables where table.privileges.contains("DELETE") {
                let victim = try await ground.rows(of: ground.a, in: table)
                let attacker = try await ground.rows(of: ground.b, in: table)
                for attack in IsolationAttack.all {
                    let statements = attack.statements(on: table, victim: victim, attacker: attacker)
                    let outcome = try await ground.run(statements, as: table.module, ground.a, commits: false)
                    Self.checkControl(outcome, of: attack, on: table)
                }
            }
        }
    }

    private static func checkControl(
        _ outcome: IsolationOutcome, of attack: IsolationAttack, on table: IsolationTable
    ) {
        let what: Comment = "\(attack.name) on \(table.text): \(outcome.message) \(outcome.touched) rows"
        if outcome.refusal == "42501", !table.isChangeable { return }
        switch attack.control {
        // A row that others refer to is found, but stays.
        case .rows: #expect(outcome.touched > 0 || outcome.refusal == "reference_missing", what)
        case .error(let code): #expect(outcome.refusal == code, what)
        case .none: break
        }
    }

    @Test("a leaf of a partitioned table stands open to nobody", arguments: IsolationGround.modes)
    func leavesAreClosed(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let leaves = try await ground.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT c.oid::regclass::text AS leaf, n.nspname::text AS module
                    FROM pg_class AS c
                    JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE c.relispartition AND c.relkind = 'r'
                    """
                ).rows.map {
                    (leaf: try $0.get("leaf", as: String.self), module: try $0.get("module", as: String.self))
                }
            }
            #expect(!leaves.isEmpty)
            let attacks = [
                "SELECT * FROM $", "INSERT INTO $ DEFAULT VALUES", "UPDATE $ SET tenant_id = tenant_id",
                "DELETE FROM $", "TRUNCATE $", "COPY $ TO '/tmp/stolen'", "LOCK TABLE $", "SELECT 1 FROM $ FOR UPDATE",
            ]
            for (leaf, module) in leaves {
                for attack in attacks {
                    for tenant in [ground.a, ground.b] {
                        // The kernel's own are nobody's: any module will do.
                        let attacker = module == "core" ? "conversations" : module
                        let outcome = try await ground.asModule(attacker) { lease in
                            try await ground.inSession([attack.replacing("$", with: leaf)], lease, tenant)
                        }
                        #expect(outcome.refusal == "42501", "\(attack) on \(leaf)")
                    }
                }
            }
        }
    }

    @Test("COPY through the server's own protocol carries only one's own rows", arguments: IsolationGround.modes)
    func copyOut(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for table in ground.moduleTables {
                let copied = try await ground.asModule(table.module) { lease in
                    try await lease.run("BEGIN")
                    try await lease.run(ground.opening(ground.b))
                    let (rows, row) = AsyncStream<[UInt8]>.makeStream()
                    try await lease.copyOut(unsafeSQL: "COPY (TABLE \(table.text)) TO STDOUT") { row.yield($0) }
                    row.finish()
                    return await rows.reduce(into: [UInt8]()) { $0 += $1 }
                }
                #expect(copied.contains(ground.b.id.description), "\(table.text)")
                #expect(!copied.contains(ground.a.id.description) && !copied.contains(IsolationTenant.canary))
            }
        }
    }
}
