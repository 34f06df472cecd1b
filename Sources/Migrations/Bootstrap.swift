package import Cryptography
internal import PluginKit
package import Postgres
internal import Tenancy

/// What a superuser does once per database: roles, walls, the session's key. Idempotent.
package struct Bootstrap: Sendable {
    /// How the database keeps a session; see `migrations/bootstrap/session_*.sql`.
    package enum SessionMode: String, Sendable {
        /// In a parameter that only the keyholder may set.
        case privileged
        /// In a parameter anybody may set, with a MAC bound to backend and transaction.
        case mac
    }

    private let folders: SchemaFolders
    private let credentials: RoleCredentials
    private let master: MasterSecret

    package init(folders: SchemaFolders, server: ConnectionSettings, master: MasterSecret) {
        self.folders = folders
        self.master = master
        credentials = RoleCredentials(server: server, master: master)
    }

    /// Prepares the database behind `admin`, a superuser's connection or the nearest a managed server has.
    ///
    /// - Parameter mode: nil takes the privileged parameter, and the second MAC where nobody may grant that.
    /// - Throws: `MigrationError` with code `master_secret_differs` when the database was made with another secret.
    package func run(_ admin: Lease, mode: SessionMode? = nil) async throws -> SessionMode {
        for file in ["0001_roles", "0002_database", "0003_generators", "0004_erasure"] { try await apply(file, admin) }
        try await requireMaster(admin)
        let used = try await installSession(admin, mode)
        try await storeKey(admin)
        for role in KernelRole.allCases { try await setPassword(of: role.loginRole, admin) }
        return used
    }

    /// Gives a role the password that the master secret makes for it, as a SCRAM verifier.
    func setPassword(of role: String, _ admin: Lease) async throws {
        let verifier = SCRAMVerifier(randomKey: credentials.password(of: role))
        // DDL takes no parameters; the role's name is a word.
        try await admin.run(SQL(unsafeSQL: "ALTER ROLE \(role) PASSWORD '\(verifier)'"))
    }

    private func apply(_ name: String, _ admin: Lease) async throws {
        let sql = try SQLFile.read("\(folders.migrations)/bootstrap/\(name).sql")
        try await admin.transaction { try await $0.script(sql) }
    }

    private func installSession(_ admin: Lease, _ mode: SessionMode?) async throws -> SessionMode {
        if let mode {
            try await apply("session_\(mode.rawValue)", admin)
            return mode
        }
        do {
            try await apply("session_privileged", admin)
            return .privileged
        } catch let error as DatabaseError where error.sqlState == "42501" {
            try await apply("session_mac", admin)
            return .mac
        }
    }

    /// The first key; a later one, which a rotation has made, stays the only one.
    private func storeKey(_ admin: Lease) async throws {
        let signer = SessionSigner(master: master)
        try await admin.run(
            """
            INSERT INTO core.session_keys (kid, inner_pad, outer_pad)
            SELECT \(signer.keyID)::int2, \(signer.innerPad), \(signer.outerPad)
            WHERE NOT EXISTS (SELECT FROM core.session_keys)
            """)
    }

    /// Refuses to touch a database that was made with another secret: its sessions and passwords would break.
    private func requireMaster(_ admin: Lease) async throws {
        guard try await admin.run("SELECT salt FROM core.master_check").isEmpty else {
            return try await MasterCheck.require(master, admin)
        }
        let salt = RandomBytes.generate(16)
        try await admin.run(
            """
            INSERT INTO core.master_check (salt, verifier)
            VALUES (\(salt), \(MasterCheck.verifier(master, salt: salt)))
            """)
    }
}

/// Whether a master secret is the one a database was made with.
package enum MasterCheck {
    private static let known: SQL = "SELECT salt, verifier FROM core.master_check"
    private static let differs = MigrationError(
        .masterSecretDiffers,
        "this database was made with another master secret; set ROMASHKA_MASTER_SECRET to that one")

    static func verifier(_ master: MasterSecret, salt: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(salt, key: master.derive("master-check"))
    }

    /// - Throws: `MigrationError` with code `master_secret_differs`.
    package static func require(_ master: MasterSecret, pipeline: PipelineConnection) async throws {
        try require(master, try await pipeline.run([known], isReplayable: true)[0])
    }

    /// The same on a superuser's connection.
    package static func require(_ master: MasterSecret, _ admin: Lease) async throws {
        try require(master, try await admin.run(known))
    }

    private static func require(_ master: MasterSecret, _ known: ResultSet) throws {
        guard let row = known.first,
            verifier(master, salt: try row.get("salt")) == (try row.get("verifier", as: [UInt8].self))
        else { throw differs }
    }
}
