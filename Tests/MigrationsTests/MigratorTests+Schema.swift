import Migrations
import PluginKit
import Postgres
import TestKit
import Testing

/// What a module's migrations do with the schema itself, and who answers for what is wrong there.
extension MigratorTests {
    /// Who holds what on the schema, besides its owner.
    private static let rights: SQL = """
        SELECT format('%s %s', acl.grantee::regrole, acl.privilege_type) AS value
        FROM pg_namespace AS n
        CROSS JOIN LATERAL aclexplode(n.nspacl) AS acl
        WHERE n.nspname = 'alpha' AND acl.grantee <> n.nspowner
        ORDER BY value
        """

    @Test(
        "What a migration grants on its schema is taken back, so that no handler makes a table there",
        arguments: [
            "CREATE ON SCHEMA alpha TO romashka_modules", "CREATE ON SCHEMA alpha TO romashka_m_alpha",
            "CREATE ON SCHEMA alpha TO PUBLIC", "ALL ON SCHEMA alpha TO romashka_modules WITH GRANT OPTION",
            "ALL ON SCHEMA alpha TO romashka_m_alpha WITH GRANT OPTION",
        ])
    func grantedSchema(grant: String) async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha"), "GRANT \(grant);"])
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            #expect(try await ground.column(Self.rights) == ["romashka_eraser USAGE", "romashka_m_alpha USAGE"])
            let error = await #expect(throws: DatabaseError.self) {
                try await ground.database.asSuperuser { admin in
                    try await admin.run("SET ROLE romashka_m_alpha")
                    try await admin.run("SELECT 1 AS note INTO alpha.leak")
                }
            }
            #expect(error?.sqlState == "42501")
        }
    }

    @Test("What a down file grants on the schema is taken back too")
    func grantedOnTheWayBack() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha"), "SELECT 1;"])
            try ground.write(
                "Plugins/alpha/migrations/0002_step.down.sql", "GRANT CREATE ON SCHEMA alpha TO romashka_modules;")
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            #expect(try await ground.rollback("alpha") == ["0002_step.sql"])
            #expect(try await ground.column(Self.rights) == ["romashka_eraser USAGE", "romashka_m_alpha USAGE"])
        }
    }

    @Test("A module is paused for what is wrong with its schema itself, and nobody else is")
    func offenceOfSchema() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            for id in ["alpha", "stranger"] { try ground.addModule(id, migrations: [MigrationGround.things(in: id)]) }
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            // Nobody sees to it any more what this one may look into.
            try ground.move("Plugins/stranger", to: nil)
            try ground.write(
                "Plugins/alpha/migrations/0002_step.sql", "GRANT USAGE ON SCHEMA alpha TO romashka_m_stranger;")
            let outcomes = try await ground.migrate()
            #expect(outcomes.filter { $0.failure != nil }.map(\.module) == ["alpha"])
            let failure = try #require(outcomes.last?.failure)
            #expect(failure.contains("schema alpha: USAGE by romashka_m_stranger"), "\(failure)")
            try ground.write(
                "Plugins/alpha/migrations/0003_step.sql", "REVOKE USAGE ON SCHEMA alpha FROM romashka_m_stranger;")
            #expect(try await ground.migrate().compactMap(\.failure) == [])
        }
    }

    @Test("What is wrong in a schema that is nobody's fails the migration and pauses no module")
    func strayOffence() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha")])
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            try await ground.database.asSuperuser {
                try await $0.script("CREATE SCHEMA elsewhere; GRANT USAGE ON SCHEMA elsewhere TO romashka_modules;")
            }
            let outcomes = try await ground.migrate()
            #expect(outcomes.filter { $0.failure != nil }.map(\.module) == ["core"])
            #expect(outcomes.first?.failure?.contains("schema elsewhere: USAGE by romashka_m") == true, "\(outcomes)")
        }
    }

    @Test("The database makes no module that is called by a word of SQL or like an administrator")
    func refusedNames() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try await ground.bootstrapAndMigrate()
            let administrators = try await ground.column("SELECT session_user::text AS value")
            #expect(administrators.count == 1)
            for name in ["time", "position", "order"] + administrators {
                let error = await #expect(throws: DatabaseError.self, "\(name)") {
                    try await ground.database.asSuperuser {
                        try await $0.run("SELECT bootstrap.create_module(\(name))")
                    }
                }
                #expect(error?.sqlState == "22023", "\(name)")
            }
            let schemas: SQL = "SELECT nspname::text AS value FROM pg_namespace WHERE nspname IN ('time', session_user)"
            #expect(try await ground.column(schemas) == [])
        }
    }
}
