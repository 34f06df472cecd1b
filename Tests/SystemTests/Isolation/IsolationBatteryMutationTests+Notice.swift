import Migrations
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatteryMutationTests {
    /// Who noticed.
    struct Notice: Sendable {
        var rules: Set<String> = []
        var isFelt = false
    }

    /// Breaks the wall, asks the rules and the probes, and puts it back.
    func notice(_ mutation: Mutation, on table: IsolationTable, _ ground: IsolationGround) async throws -> Notice {
        let lints = try SchemaLints(try Installation.find(environment: [:]).folders)
        let victim = try await ground.rows(of: ground.a, in: table)
        let attacker = try await ground.rows(of: ground.b, in: table)
        return try await ground.database.asSuperuser { admin in
            try await admin.run("BEGIN")
            var noticed = Notice()
            do {
                for statement in mutation.statements {
                    try await admin.run(SQL(unsafeSQL: filled(statement, table)))
                }
                for offence in try await lints.run(admin) { noticed.rules.insert(offence.rule) }
                try await admin.run(SQL(unsafeSQL: "SET LOCAL ROLE romashka_m_\(table.module)"))
                try await admin.run(ground.opening(ground.b))
                for attack in IsolationAttack.all where Self.probes.contains(attack.name) {
                    let statements = attack.statements(on: table, victim: victim, attacker: attacker)
                    if try await isHit(statements, admin) { noticed.isFelt = true }
                }
                let own = "SELECT 1 FROM \(table.text) WHERE tenant_id = '\(ground.b.id)'"
                if try await !isHit([own], admin) { noticed.isFelt = true }
            } catch {
                _ = try? await admin.run("ROLLBACK")
                throw error
            }
            try await admin.run("ROLLBACK")
            return noticed
        }
    }

    /// The attacks that stand for reading, changing and adding.
    private static let probes: Set<String> = [
        "select", "select all but one's own", "condition that fails on a row it sees", "update", "delete", "insert",
        "take over", "cursor",
    ]

    /// Whether an attack got through, in a savepoint of its own.
    private func isHit(_ statements: [String], _ admin: Lease) async throws -> Bool {
        try await admin.run("SAVEPOINT attack")
        let outcome = await IsolationOutcome.of { outcome in
            for statement in statements { try outcome.add(await admin.run(SQL(unsafeSQL: statement))) }
        }
        try await admin.run("ROLLBACK TO attack")
        // A division by zero means that a row was seen; a violated reference that one was found.
        return outcome.touched > 0 || ["22012", "22P02", "23503"].contains(outcome.refusal ?? "")
    }

    private func filled(_ statement: String, _ table: IsolationTable) -> String {
        let key = table.keys.last ?? "id"
        return statement.replacing("$key", with: key).replacing("$primary", with: "\(table.name)_pkey")
            .replacing("$t", with: table.text).replacing("$m", with: "romashka_m_\(table.module)")
            .replacing("$o", with: "romashka_o_\(table.module)").replacing("$s", with: table.module)
    }

    func isPartitioned(_ table: IsolationTable, _ ground: IsolationGround) async throws -> Bool {
        try await ground.database.asSuperuser { admin in
            let row = try await admin.run(
                "SELECT relkind = 'p' AS partitioned FROM pg_class WHERE oid = \(table.text)::text::regclass"
            ).first
            return try row?.get("partitioned") ?? false
        }
    }
}
