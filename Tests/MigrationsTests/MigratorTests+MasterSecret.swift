import Cryptography
import Migrations
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// A database is prepared with the secret that it was made with, or not at all.
extension MigratorTests {
    @Test("Another master secret is refused and changes nothing")
    func otherMaster() async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addModule("alpha", migrations: [MigrationGround.things(in: "alpha")])
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            let before = try await ground.catalogue()
            let secrets = try await ground.column(Self.secrets) + ground.column(Self.passwords)
            #expect(secrets.count > 5)
            for attempt in Self.preparations {
                let error = try await #require(throws: MigrationError.self) {
                    try await ground.setup(master: .generate()) { try await attempt($0) }
                }
                #expect(error.code == .masterSecretDiffers)
                try await ground.expectUnchanged(since: before)
                #expect(try await ground.column(Self.secrets) + ground.column(Self.passwords) == secrets)
            }
            // Nor is one taken for the database's own where it says of none.
            try await ground.database.asSuperuser { try await $0.run("DELETE FROM core.master_check") }
            let error = try await #require(throws: MigrationError.self) { try await ground.migrate() }
            #expect(error.code == .masterSecretDiffers)
        }
    }

    /// Whatever makes passwords or keys of the master secret.
    private static let preparations: [@Sendable (DatabaseSetup) async throws -> Void] = [
        { _ = try await $0.bootstrap() }, { _ = try await $0.migrate() }, { _ = try await $0.install("alpha") },
        { _ = try await $0.rotateSessionKey() },
    ]

    private static let passwords: SQL = """
        SELECT rolpassword AS value
        FROM pg_authid
        WHERE rolname ~ '^romashka_(auth|worker|operator|m_alpha)$'
        ORDER BY rolname
        """
}
