import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Tenants with rows in tables that a migration made in its own way.
extension MigratorTests {
    /// Each refers to the other, and one to the people of the tenant, too.
    private static let circle = """
        CREATE TABLE alpha.things (
            tenant_id uuid NOT NULL, id uuid NOT NULL, part_id uuid, PRIMARY KEY (tenant_id, id));
        CREATE TABLE alpha.parts (
            tenant_id uuid NOT NULL, id uuid NOT NULL, thing_id uuid NOT NULL, author_id uuid NOT NULL,
            PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, thing_id) REFERENCES alpha.things (tenant_id, id),
            FOREIGN KEY (tenant_id, author_id) REFERENCES core.profiles (tenant_id, id));
        ALTER TABLE alpha.things ADD FOREIGN KEY (tenant_id, part_id) REFERENCES alpha.parts (tenant_id, id);
        CREATE INDEX things_part ON alpha.things (tenant_id, part_id);
        CREATE INDEX parts_thing ON alpha.parts (tenant_id, thing_id);
        CREATE INDEX parts_author ON alpha.parts (tenant_id, author_id);
        """

    /// A tenant with a person, three things and three parts of them.
    private static func plantCircle(_ slug: String, _ admin: Lease) async throws -> TenantID {
        let (tenant, account, person) = (TenantID.make(), ID<Void>.make(), ID<Void>.make())
        let email = "\(slug)@example.com"
        try await admin.run("INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), \(slug), 'T')")
        try await admin.run("INSERT INTO core.accounts (id, email) VALUES (\(account), \(email))")
        try await admin.run(
            """
            INSERT INTO core.profiles (tenant_id, id, account_id, email, name, role)
            VALUES (\(tenant), \(person), \(account), \(email), 'P', 'admin')
            """)
        for _ in 1...3 {
            let (thing, part) = (ID<Void>.make(), ID<Void>.make())
            try await admin.run("INSERT INTO alpha.things (tenant_id, id) VALUES (\(tenant), \(thing))")
            try await admin.run(
                """
                INSERT INTO alpha.parts (tenant_id, id, thing_id, author_id)
                VALUES (\(tenant), \(part), \(thing), \(person))
                """)
            try await admin.run(
                "UPDATE alpha.things SET part_id = \(part) WHERE tenant_id = \(tenant) AND id = \(thing)")
        }
        return tenant
    }

    @Test("A tenant with rows in tables that refer to each other is erased, with a proof, and nobody else is")
    func circularErasure() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [Self.circle])
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            try await ground.database.asSuperuser { admin in
                let gone = try await Self.plantCircle("gone", admin)
                let kept = try await Self.plantCircle("kept", admin)
                let result = try await admin.run("SELECT core.erase_tenant(\(gone)) AS proof")
                let proof = try #require(try result.first?.get("proof", as: JSONValue.self))
                for (table, rows) in [
                    ("alpha.things", 3), ("alpha.parts", 3), ("core.profiles", 1), ("core.tenants", 1),
                ] {
                    #expect(proof[table]?["erased"]?.integer == Int64(rows), "\(table): \(proof)")
                }
                for table in ["alpha.things", "alpha.parts", "core.profiles"] {
                    #expect(proof[table]?["left"]?.integer == 0, "\(table): \(proof)")
                }
                let left = try await admin.run("SELECT DISTINCT tenant_id FROM alpha.things").rows
                #expect(try left.map { try $0.get("tenant_id", as: TenantID.self) } == [kept])
            }
        }
    }
}
