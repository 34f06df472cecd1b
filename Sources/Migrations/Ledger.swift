internal import PluginKit
internal import Postgres

/// What has run: `core.migrations`.
struct Ledger {
    /// One line of it.
    struct Entry {
        let number: Int
        let name: String
        let checksum: [UInt8]
        /// How many files of all modules ran before it.
        let position: Int
    }

    private let entries: [String: [Entry]]

    /// Reads all of it.
    static func read(_ run: (SQL) async throws -> ResultSet) async throws -> Ledger {
        let result = try await run(
            """
            SELECT module, number, name, checksum,
                   row_number() OVER (ORDER BY applied_at, module <> 'core', module, number) AS position
            FROM core.migrations
            ORDER BY module, number
            """)
        var entries: [String: [Entry]] = [:]
        for row in result.rows {
            let entry = Entry(
                number: try row.get("number"), name: try row.get("name"), checksum: try row.get("checksum"),
                position: try row.get("position"))
            entries[try row.get("module"), default: []].append(entry)
        }
        return Ledger(entries: entries)
    }

    /// Reads all of it on a superuser's connection.
    ///
    /// - Throws: `MigrationError` with code `not_bootstrapped` where there is none.
    static func read(_ admin: Lease) async throws -> Ledger {
        do {
            return try await read { try await admin.run($0) }
        } catch let error as DatabaseError where error.sqlState == "42P01" || error.sqlState == "3F000" {
            throw MigrationError(.notBootstrapped, "this database has no kernel schema: run romashka bootstrap first")
        }
    }

    /// The files that have not run, after checking that those that have are still the same.
    ///
    /// - Throws: `MigrationError` with code `migration_edited` or `migration_lost`.
    func pending(_ files: [MigrationFile], of module: String) throws(MigrationError) -> [MigrationFile] {
        let done = entries[module] ?? []
        for entry in done {
            guard let file = files.first(where: { $0.number == entry.number }) else {
                throw MigrationError(
                    .lost, "\(module): \(entry.name) has run here, but the file is gone; restore it or roll it back")
            }
            guard file.checksum == entry.checksum else {
                throw MigrationError(
                    .edited,
                    "\(module): \(file.name) was changed after it ran; expected SHA-256 \(entry.checksum.hexText), "
                        + "found \(file.checksum.hexText); restore the file and put the change into a new one")
            }
        }
        return files.filter { file in !done.contains { $0.number == file.number } }
    }

    /// What ran of a module, by number.
    func entries(of module: String) -> [Entry] { entries[module] ?? [] }

    /// The module whose migration ran last of all; nil when none has run.
    var newestModule: String? {
        entries.max { ($0.value.last?.position ?? 0) < ($1.value.last?.position ?? 0) }?.key
    }
}

extension [UInt8] {
    /// Enough of a checksum to tell two apart.
    fileprivate var hexText: String {
        prefix(6).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
