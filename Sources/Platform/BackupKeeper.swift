package import EmbeddedPostgres
package import Logging
package import Maintenance
internal import Observability
internal import PluginKit
internal import Postgres
internal import ServiceLifecycle

/// Backs up the embedded server once a day, and whenever an operator asks for it.
package struct BackupKeeper: Service {
    /// How often it looks whether somebody has asked for it.
    private static let interval: Duration = .seconds(5)

    private let server: EmbeddedServer
    private let setup: DatabaseSetup
    private let ledger: MaintenanceLedger
    private let database: String
    private let kept: Int
    private let without: [Backup.Part]
    private let logger: Logger

    /// - Parameters:
    ///   - database: the platform's, in `server`.
    ///   - kept: how many backups stay.
    ///   - without: what is kept outside of the data directory, and so in no backup.
    package init(
        _ server: EmbeddedServer, database: String, setup: DatabaseSetup, ledger: MaintenanceLedger, kept: Int,
        without: [Backup.Part], logger: Logger
    ) {
        self.server = server
        self.database = database
        self.setup = setup
        self.ledger = ledger
        self.kept = kept
        self.without = without
        self.logger = logger
    }

    package func run() async throws {
        await untilShutdown(every: BackupKeeper.interval, failing: "the backup failed", logger: logger) {
            try await ledger.runIfDue(.backup) { try await backUp() }
        }
    }

    /// Makes a backup now, and removes those that are too many.
    ///
    /// - Returns: its name, size, and what was found in it.
    private func backUp() async throws -> JSONValue {
        let backup = try await server.backUp(without: without, logger: logger) { trial in
            let settings = try ConnectionSettings(url: trial.socketConninfo(database: database))
            return try await setup.use(settings, BackupKeeper.readAll)
        }
        let removed = BackupStore(of: server.path).prune(keeping: kept)
        return [
            "backup": .string(backup.name), "bytes": .integer(backup.bytes),
            "copy_seconds": .number(backup.copySeconds), "check_seconds": .number(backup.checkSeconds),
            "checked": .string(backup.checked), "removed": .integer(Int64(removed)),
            "without": .array(backup.without.map { .string($0.rawValue) }),
        ]
    }

    /// Reads every page of every table of ours, whose checksums are compared on the way.
    private static func readAll(_ lease: Lease) async throws -> String {
        let tables = try await lease.run("SELECT object FROM core.our_tables WHERE relkind = 'r' ORDER BY object")
        var rows: Int64 = 0
        for table in tables.rows {
            let name: String = try table.get("object")
            let counted = try await lease.run(
                "SELECT count(*) AS found FROM \(unsafeSQL: name)", timeout: .seconds(3600))
            rows += try counted.first?.get("found") ?? 0
        }
        return "\(tables.count) tables, \(rows) rows"
    }
}
