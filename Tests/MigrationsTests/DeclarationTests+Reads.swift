import Files
import Migrations
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What a module reads of another's tables. The reader comes before the other by name.
extension DeclarationTests {
    private static let things = #"{"table": "zebra.things", "columns": ["id", "title"]}"#

    /// Runs `body` on a database with both modules' files, of which nothing has run.
    private static func with(_ reads: String, _ body: (MigrationGround) async throws -> Void) async throws {
        try await MigrationGround.with(on: server.value) { ground in
            try ground.addModule(
                "zebra",
                migrations: [
                    """
                    CREATE TABLE zebra.things (
                        tenant_id uuid NOT NULL, id uuid NOT NULL, title text NOT NULL, secret text NOT NULL,
                        customer_id uuid, PRIMARY KEY (tenant_id, id));
                    CREATE TABLE zebra.parts (
                        tenant_id uuid NOT NULL, id uuid NOT NULL, thing_id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
                    CREATE TABLE zebra.hidden (
                        tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
                    """
                ])
            try ground.write(
                "Plugins/zebra/plugin.json",
                """
                {"id": "zebra", "title": "T", "version": "1", "pluginkit": "1", "mounts": ["/zebra"],
                 "permissions": [], "tables": [
                    {"name": "things", "customer": "customer_id"}, {"name": "hidden"},
                    {"name": "parts", "parent": {"table": "things", "column": "thing_id"}}]}
                """)
            try ground.addModule("abacus", migrations: [MigrationGround.things(in: "abacus")])
            try declare(reads, ground)
            try await body(ground)
        }
    }

    private static func declare(_ reads: String, _ ground: MigrationGround) throws {
        try ground.write(
            "Plugins/abacus/plugin.json",
            """
            {"id": "abacus", "title": "T", "version": "1", "pluginkit": "1", "requires": ["zebra"],
             "mounts": ["/abacus"], "permissions": [], "tables": [{"name": "things"}], "reads": [\(reads)]}
            """)
    }

    /// A thing of a tenant's customer.
    private static func plant(_ title: String, _ ground: MigrationGround) async throws -> (TenantID, ActorID) {
        let (tenant, customer) = (TenantID.make(), ActorID.make())
        try await ground.database.asSuperuser { admin in
            try await admin.run("INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), \(title), 'T')")
            for (owner, text) in [(customer, title), (ActorID.make(), "\(title)-other")] {
                try await admin.run(
                    """
                    INSERT INTO zebra.things (tenant_id, id, title, secret, customer_id)
                    VALUES (\(tenant), \(ID<Void>.make()), \(text), 'secret', \(owner))
                    """)
            }
        }
        return (tenant, customer)
    }

    /// The first column of what the reader's statement answers in a tenant's session.
    private static func read(
        _ statement: String, _ tenant: TenantID, _ actor: Actor?, _ ground: MigrationGround
    ) async throws -> [String] {
        let databases = try Databases(
            server: ground.database.settings, master: TestPlatform.master, logger: ground.database.server.logger)
        defer { databases.close() }
        let session = TenantSession(
            verified: tenant, actor: actor ?? Actor(kind: .member, id: .make(), role: "admin"))
        let reader = try #require(ModuleName("abacus"))
        let tx = databases.database(of: reader).open(session, mode: .write)
        return try await tx.leased { tx in
            let result = try await tx.rows(SQL(unsafeSQL: statement))
            return try result.rows.map { try $0.get(result.columns[0].name, as: String.self) }
        }
    }

    @Test("A module reads the tenant's rows in the columns that it declares, and nothing else of others")
    func reads() async throws {
        try await Self.with(Self.things) { ground in
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            let (a, customer) = try await Self.plant("mine", ground)
            let (b, _) = try await Self.plant("theirs", ground)
            let titles = "SELECT title FROM zebra.things ORDER BY title"
            #expect(try await Self.read(titles, a, nil, ground) == ["mine", "mine-other"])
            let others = "SELECT title FROM zebra.things WHERE tenant_id = '\(b)'"
            #expect(try await Self.read(others, a, nil, ground) == [])
            let asCustomer = Actor(kind: .customer, id: customer, role: "customer")
            #expect(try await Self.read(titles, a, asCustomer, ground) == ["mine"])
            for statement in [
                "SELECT secret FROM zebra.things", "SELECT t::text FROM zebra.things AS t",
                "SELECT title FROM zebra.things WHERE secret = 'secret'", "SELECT title FROM zebra.things FOR UPDATE",
                "SELECT id::text FROM zebra.hidden", "SELECT id::text FROM zebra.parts",
                "INSERT INTO zebra.things (tenant_id, id, title, secret) VALUES ('\(a)', '\(b)', 'x', 'x')",
                "UPDATE zebra.things SET title = 'x'", "DELETE FROM zebra.things",
            ] {
                let error = await #expect(throws: DatabaseError.self, "\(statement)") {
                    try await Self.read(statement, a, nil, ground)
                }
                #expect(error?.sqlState == "42501", "\(statement)")
            }
            #expect(try await ground.setup { try await $0.verifySchema() } == [])
        }
    }

    /// The columns that the reader reads, and the schema if it may look into it.
    private static let privileges: SQL = """
        SELECT a.attname::text AS value
        FROM pg_attribute AS a
        WHERE a.attrelid = 'zebra.things'::regclass AND a.attnum > 0
          AND has_column_privilege('romashka_m_abacus', a.attrelid, a.attnum, 'SELECT')
        UNION ALL
        SELECT 'zebra' WHERE has_schema_privilege('romashka_m_abacus', 'zebra', 'USAGE')
        ORDER BY value
        """

    @Test("What a module no longer declares, or declared before it was taken out, it no longer reads")
    func revoked() async throws {
        try await Self.with(Self.things) { ground in
            try await ground.bootstrapAndMigrate()
            #expect(try await ground.column(Self.privileges) == ["id", "tenant_id", "title", "zebra"])
            let before = try await ground.catalogue()
            try Self.declare(#"{"table": "zebra.things", "columns": ["id"]}"#, ground)
            _ = try await ground.migrate()
            #expect(try await ground.column(Self.privileges) == ["id", "tenant_id", "zebra"])
            try Self.declare("", ground)
            _ = try await ground.migrate()
            #expect(try await ground.column(Self.privileges) == [])
            try Self.declare(Self.things, ground)
            _ = try await ground.migrate()
            try await ground.expectUnchanged(since: before)
            let report = try await ground.uninstall("abacus", .keep, FileSettings())
            #expect(report.module == "abacus")
            #expect(try await ground.column(Self.privileges) == [])
            #expect(try await ground.setup { try await $0.verifySchema() } == [])
        }
    }

    /// What a manifest says it reads, and what the refusal names.
    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let names: [String]

        init(_ reads: String, _ names: String...) {
            testDescription = reads
            self.names = names
        }
    }

    @Test(
        "A read of what is not there is refused with what was expected, and pauses the reader alone",
        arguments: [
            Refused(#"{"table": "zebra.nothing", "columns": ["id"]}"#, "zebra.nothing", "found none"),
            Refused(
                #"{"table": "zebra.things", "columns": ["id", "price"]}"#, "expected a column price",
                "found customer_id, id, secret, tenant_id, title"),
            Refused(
                #"{"table": "zebra.parts", "columns": ["id"]}"#, "expected zebra.things with its column id"),
        ])
    func refused(read: Refused) async throws {
        try await Self.with(read.testDescription) { ground in
            let outcomes = try await ground.bootstrapAndMigrate()
            #expect(outcomes.filter { $0.failure != nil }.map(\.module) == ["abacus"])
            let failure = try #require(outcomes.first { $0.module == "abacus" }?.failure)
            for part in read.names + ["read_refused", "fix: correct reads in plugin.json of abacus"] {
                #expect(failure.contains(part), "\(failure)")
            }
        }
    }

    @Test(
        "A column that was renamed or dropped pauses who reads it, and not whose it is",
        arguments: ["RENAME COLUMN title TO name", "DROP COLUMN title"])
    func columns(change: String) async throws {
        try await Self.with(Self.things) { ground in
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            try ground.write("Plugins/zebra/migrations/0002_title.sql", "ALTER TABLE zebra.things \(change);\n")
            let outcomes = try await ground.migrate()
            #expect(outcomes.filter { $0.failure != nil }.map(\.module) == ["abacus"])
            #expect(try await ground.column(Self.privileges) == [])
        }
    }

    @Test("A table that was renamed is read no more, but the one that took its name")
    func tables() async throws {
        try await Self.with(Self.things) { ground in
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            let before = try await ground.column(Self.privileges)
            try ground.write(
                "Plugins/zebra/migrations/0002_again.sql",
                """
                ALTER TABLE zebra.things RENAME TO things_before;
                CREATE TABLE zebra.things (LIKE zebra.things_before INCLUDING ALL);
                """)
            #expect(try await ground.migrate().compactMap(\.failure) == [])
            #expect(try await ground.column(Self.privileges) == before)
            try Self.declare("", ground)
            #expect(try await ground.migrate().compactMap(\.failure) == [])
            #expect(try await ground.column(Self.privileges) == [])
        }
    }

    @Test("A table that is not guarded, because something of its module is wrong, is read by nobody else")
    func unguarded() async throws {
        try await Self.with(Self.things) { ground in
            try ground.write(
                "Plugins/zebra/plugin.json",
                """
                {"id": "zebra", "title": "T", "version": "1", "pluginkit": "1", "mounts": ["/zebra"],
                 "permissions": [], "tables": [
                    {"name": "things"}, {"name": "hidden", "customer": "nobody"}, {"name": "parts"}]}
                """)
            let outcomes = try await ground.bootstrapAndMigrate()
            #expect(outcomes.filter { $0.failure != nil }.map(\.module) == ["abacus", "zebra"])
            #expect(try await ground.column(Self.privileges) == [])
        }
    }

    @Test("Rows that belong to whom another table's row does are read with that table's ids")
    func parents() async throws {
        let parts = #"{"table": "zebra.parts", "columns": ["id"]}"#
        try await Self.with("\(parts), \(Self.things)") { ground in
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            let (tenant, customer) = try await Self.plant("mine", ground)
            try await ground.database.asSuperuser {
                try await $0.run(
                    "INSERT INTO zebra.parts (tenant_id, id, thing_id) SELECT tenant_id, id, id FROM zebra.things")
            }
            let ids = "SELECT id::text AS id FROM zebra.parts"
            let asCustomer = Actor(kind: .customer, id: customer, role: "customer")
            #expect(try await Self.read(ids, tenant, nil, ground).count == 2)
            #expect(try await Self.read(ids, tenant, asCustomer, ground).count == 1)
        }
    }

    @Test("A rollback of the kernel takes reads back, and the next migration gives them again")
    func undone() async throws {
        try await Self.with(Self.things) { ground in
            try await ground.bootstrapAndMigrate()
            let before = try await ground.catalogue()
            let undone = try await ground.rollback("core", to: 30)
            #expect(undone.last == "0031_module_reads.sql")
            #expect(try await ground.migrate().compactMap(\.failure) == [])
            try await ground.expectUnchanged(since: before)
        }
    }
}
