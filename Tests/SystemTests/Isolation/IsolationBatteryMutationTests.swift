import Migrations
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Whether the battery is awake: each wall is broken in turn, in a transaction that is rolled back, and a probe or a
/// rule of the schema must notice.
@Suite("IsolationBattery: mutation")
struct IsolationBatteryMutationTests {
    /// One wall less. `$t` is the table, `$m` its module's role, `$o` the owner's.
    struct Mutation: Sendable, CustomTestStringConvertible {
        let name: String
        let statements: [String]
        /// Whether a module's statement must notice, not only a rule.
        let isFelt: Bool

        var testDescription: String { name }
    }

    static let mutations = [
        Mutation(name: "no policy", statements: ["DROP POLICY tenant ON $t"], isFelt: true),
        Mutation(name: "no row security", statements: ["ALTER TABLE $t DISABLE ROW LEVEL SECURITY"], isFelt: true),
        Mutation(name: "a policy open to reads", statements: ["ALTER POLICY tenant ON $t USING (true)"], isFelt: true),
        Mutation(
            name: "a policy open to writes", statements: ["ALTER POLICY tenant ON $t WITH CHECK (true)"], isFelt: true),
        Mutation(
            name: "a policy for nobody", statements: ["ALTER POLICY tenant ON $t TO romashka_operator"], isFelt: true),
        Mutation(
            name: "a second policy", statements: ["CREATE POLICY more ON $t FOR SELECT USING (true)"], isFelt: true),
        Mutation(
            name: "a second policy for the module", statements: ["CREATE POLICY more ON $t TO $m USING (true)"],
            isFelt: true),
        Mutation(
            name: "owned by the module and not forced",
            statements: ["ALTER TABLE $t NO FORCE ROW LEVEL SECURITY", "ALTER TABLE $t OWNER TO $m"], isFelt: true),
        Mutation(name: "not forced", statements: ["ALTER TABLE $t NO FORCE ROW LEVEL SECURITY"], isFelt: false),
        Mutation(name: "the tenant may change", statements: ["GRANT UPDATE (tenant_id) ON $t TO $m"], isFelt: false),
        Mutation(name: "may be truncated", statements: ["GRANT TRUNCATE ON $t TO $m"], isFelt: false),
        Mutation(name: "may be referred to", statements: ["GRANT REFERENCES ON $t TO $m"], isFelt: false),
        Mutation(name: "readable by anybody", statements: ["GRANT SELECT ON $t TO PUBLIC"], isFelt: false),
        Mutation(
            name: "readable by another kernel role",
            statements: ["CREATE POLICY kernel_worker2 ON $t TO romashka_worker USING (true)"], isFelt: false),
        Mutation(
            name: "an index unique across tenants", statements: ["CREATE UNIQUE INDEX ON $t ($key)"], isFelt: false),
        Mutation(
            name: "a view with its owner's rights",
            statements: ["CREATE VIEW $s.mine AS SELECT * FROM $t", "GRANT SELECT ON $s.mine TO $m"],
            isFelt: false),
        Mutation(
            name: "a materialized view", statements: ["CREATE MATERIALIZED VIEW $s.mine AS SELECT * FROM $t"],
            isFelt: false),
        Mutation(
            name: "a function with its owner's rights",
            statements: [
                "CREATE FUNCTION $s.mine() RETURNS SETOF $t LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM $t'"
            ],
            isFelt: false),
        Mutation(
            name: "a tenant that may be empty",
            statements: [
                "ALTER TABLE $t DROP CONSTRAINT $primary CASCADE", "ALTER TABLE $t ALTER tenant_id DROP NOT NULL",
            ], isFelt: false),
        Mutation(name: "a child that inherits", statements: ["CREATE TABLE $s.mine () INHERITS ($t)"], isFelt: false),
        Mutation(
            name: "a table without a tenant",
            statements: ["CREATE TABLE $s.mine (id uuid PRIMARY KEY)", "GRANT SELECT ON $s.mine TO $m"], isFelt: false),
    ]

    @Test("the battery notices each wall that is missing", arguments: mutations, IsolationGround.modes)
    func mutationsAreNoticed(mutation: Mutation, mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for table in ground.moduleTables {
                let isPartitioned = try await isPartitioned(table, ground)
                // A partitioned table cannot be inherited from, and its unique indexes hold the partition key anyway.
                if isPartitioned, mutation.name.contains("inherits") { continue }
                let noticed = try await notice(mutation, on: table, ground)
                #expect(!noticed.rules.isEmpty || noticed.isFelt, "\(mutation.name) on \(table.text)")
                if mutation.isFelt { #expect(noticed.isFelt, "\(mutation.name) on \(table.text) is not felt") }
            }
        }
    }

    @Test("without a mutation nothing is noticed", arguments: IsolationGround.modes)
    func nothingIsNoticed(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for table in ground.moduleTables {
                let noticed = try await notice(Mutation(name: "none", statements: [], isFelt: false), on: table, ground)
                #expect(noticed.rules.isEmpty && !noticed.isFelt, "\(table.text): \(noticed)")
            }
        }
    }

    @Test("the battery notices a reference that forgets the tenant", arguments: IsolationGround.modes)
    func looseReferences(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            var count = 0
            for table in ground.moduleTables {
                for reference in table.references where reference.columns.count == 2 {
                    let (own, foreign) = (reference.columns[1], reference.parentColumns[1])
                    let loosened = Mutation(
                        name: reference.name,
                        statements: [
                            "ALTER TABLE $t DROP CONSTRAINT \(reference.name)",
                            "CREATE UNIQUE INDEX loose ON \(reference.parent) (\(foreign))",
                            "ALTER TABLE $t ADD CONSTRAINT loose FOREIGN KEY (\(own)) REFERENCES \(reference.parent) (\(foreign))",
                        ], isFelt: false)
                    let noticed = try await notice(loosened, on: table, ground)
                    #expect(noticed.rules.contains("0006_foreign_keys"), "\(reference.name)")
                    count += 1
                }
            }
            #expect(count >= 4)
        }
    }
}
