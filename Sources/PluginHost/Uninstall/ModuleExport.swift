internal import Cryptography
internal import Files
internal import Foundation
internal import Migrations
internal import Observability
internal import PluginKit
internal import Postgres
internal import Tenancy

/// Writes all that a module keeps for its tenants in a form that people and programs read: for each table a file with a
/// JSON object a line, the files as they are, and `export.json`, which says what there is and what is not.
struct ModuleExport {
    let module: ModuleName
    /// What the plugin's folder says of itself; nil when it is gone.
    let manifest: Manifest?
    let folder: ExportFolder
    let store: (any FileStore)?

    /// What of the kernel's tables is the tenants' own; no secret, no token's hash.
    private static let kernelTables = [
        (table: "tenant_modules", column: "module_id"), (table: "files", column: "module"),
        (table: "jobs_waiting", column: "module"), (table: "jobs_ready", column: "module"),
        (table: "jobs_running", column: "module"), (table: "jobs_dead", column: "module"),
    ]
    private static let batch = 200

    /// Writes the module's own tables, as they are in one moment, in a session of the module's owner: what makes text of
    /// a row may be a cast that the module wrote, and in the kernel's session it could become a superuser. The owner
    /// sees all rows from then on.
    ///
    /// - Returns: how many rows of each table it wrote.
    /// - Throws: `UninstallError` with code `export_failed`.
    func writeTables(_ owners: ModuleOwners, _ admin: Lease) async throws -> [(table: String, rows: Int)] {
        let tables = try await ModuleTable.list(module, admin)
        var written: [(table: String, rows: Int)] = []
        guard !tables.isEmpty else { return written }
        try await owners.useUnforced(module, admin) { session in
            try await session.transaction { session in
                try await session.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                for table in tables {
                    let rows = try await writeRows(
                        of: table.name, where: "true", orderedBy: table.keys, to: "\(table.file).jsonl", session)
                    written.append((table.name, rows))
                }
            }
        }
        return written
    }

    /// Writes what the kernel keeps of the module, and what there is in all.
    ///
    /// - Parameters:
    ///   - written: what was written of the module's own tables.
    ///   - owner: the kernel's owner in a transaction, who sees all rows of the kernel's tables.
    /// - Throws: `UninstallError` with code `export_failed` or `files_unavailable`.
    func writeRest(_ written: [(table: String, rows: Int)], _ owner: Lease) async throws {
        var kernel: [(table: String, rows: Int)] = []
        for (table, column) in ModuleExport.kernelTables {
            let rows = try await writeRows(
                of: "core.\(table)", where: "t.\(unsafeSQL: column) = \(module.description)", orderedBy: "tenant_id",
                to: "kernel/\(table).jsonl", owner)
            kernel.append(("core.\(table)", rows))
        }
        let files = try await writeFiles(owner)
        try await folder.write("export.json") { take in
            try take(contents(written, kernel, files).encoded() + [UInt8(ascii: "\n")])
        }
    }

    private func writeRows(
        of table: String, where condition: SQL, orderedBy keys: String, to file: String, _ session: Lease
    ) async throws -> Int {
        var count = 0
        try await session.run(
            """
            DECLARE exported NO SCROLL CURSOR FOR
            SELECT to_jsonb(t)::text AS line
            FROM \(unsafeSQL: table) AS t
            WHERE \(condition)
            ORDER BY \(unsafeSQL: keys)
            """)
        try await folder.write(file) { take in
            while true {
                let rows = try await session.run(
                    "FETCH FORWARD \(unsafeSQL: "\(ModuleExport.batch)") FROM exported", timeout: .seconds(600))
                for row in rows.rows {
                    try take(Array(try row.get("line", as: String.self).utf8) + [UInt8(ascii: "\n")])
                }
                count += rows.count
                if rows.isEmpty { return }
            }
        }
        try await session.run("CLOSE exported")
        return count
    }

    /// The bytes of the module's files, each under its id.
    private func writeFiles(_ owner: Lease) async throws -> (count: Int, bytes: Int) {
        let rows = try await owner.run(
            """
            SELECT f.id, c.tenant_id, c.digest, c.object, c.size
            FROM core.files AS f
            JOIN core.file_contents AS c ON c.tenant_id = f.tenant_id AND c.digest = f.digest
            WHERE f.module = \(module.description)
            ORDER BY f.id
            """)
        guard !rows.isEmpty else { return (0, 0) }
        guard let store else {
            throw UninstallError(
                .filesUnavailable,
                "\(module) keeps \(rows.count) files; say where they are by --files-dir or --files-s3-bucket")
        }
        var bytes = 0
        for row in rows.rows {
            let address = ContentAddress(
                tenant: try row.get("tenant_id"), digest: try row.get("digest"),
                object: try row.get("object", as: ID<Void>.self).uuid)
            let size: Int = try row.get("size")
            try await copy(address, size, from: store, to: "files/\(try row.get("id", as: ID<Void>.self))")
            bytes += size
        }
        return (rows.count, bytes)
    }

    private func copy(_ address: ContentAddress, _ size: Int, from store: any FileStore, to file: String) async throws {
        let digest = RunningSHA256()
        do {
            try await folder.write(file) { take in
                guard size > 0 else { return }
                try await store.read(address, 0..<size) { piece in
                    digest.update(piece)
                    try take(piece)
                }
            }
        } catch let error as FileStoreError {
            throw UninstallError(.exportFailed, "\(file) cannot be read: \(error)")
        }
        guard digest.digest() == address.digest else {
            throw UninstallError(.exportFailed, "\(file) is not what was stored: its SHA-256 differs")
        }
    }

    private func contents(
        _ tables: [(table: String, rows: Int)], _ kernel: [(table: String, rows: Int)],
        _ files: (count: Int, bytes: Int)
    ) -> JSONValue {
        func list(_ entries: [(table: String, rows: Int)], _ folder: String) -> JSONValue {
            .array(
                entries.map { entry in
                    let name = entry.table.split(separator: ".", maxSplits: 1).last.map(String.init) ?? entry.table
                    return [
                        "table": .string(entry.table), "file": .string("\(folder)\(name).jsonl"),
                        "rows": .integer(Int64(entry.rows)),
                    ]
                })
        }
        return [
            "module": .string(module.description), "title": manifest.map { .string($0.title) } ?? .null,
            "version": manifest.map { .string($0.version) } ?? .null, "platform": .string(BuildInfo.version),
            "exported_at": .string(Timestamp.now().description), "tables": list(tables, ""),
            "kernel": list(kernel, "kernel/"),
            "files": ["folder": "files", "count": .integer(Int64(files.count)), "bytes": .integer(Int64(files.bytes))],
            "not_exported": ["secrets of settings", "addresses of hooks", "jobs that are done", "events"],
        ]
    }
}

/// A table of a module's schema; leaves of partitions are in their parents.
struct ModuleTable {
    /// With its schema.
    let name: String
    /// Without, and fit for a file's name.
    let file: String
    /// The columns of its primary key, separated by commas.
    let keys: String

    /// All tables of a module.
    static func list(_ module: ModuleName, _ owner: Lease) async throws -> [ModuleTable] {
        let result = try await owner.run(
            """
            SELECT t.object, t.table_name, COALESCE((
                SELECT string_agg('t.' || quote_ident(a.attname), ', ' ORDER BY k.position)
                FROM pg_catalog.pg_index AS i
                CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position)
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number
                WHERE i.indrelid = t.oid AND i.indisprimary), '1') AS keys
            FROM core.our_tables AS t
            WHERE t.schema_name = \(module.description) AND NOT t.is_leaf
            ORDER BY t.table_name
            """)
        return try result.rows.map { row in
            let name: String = try row.get("table_name")
            let isPlain = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
            guard isPlain else {
                throw UninstallError(.exportFailed, "a table of \(module) has a name that makes no file: \(name)")
            }
            return ModuleTable(name: try row.get("object"), file: name, keys: try row.get("keys"))
        }
    }

    /// How many rows it has.
    func count(_ owner: Lease) async throws -> Int {
        try await owner.run("SELECT count(*) AS rows FROM \(unsafeSQL: name)", timeout: .seconds(3600))
            .first?.get("rows") ?? 0
    }
}
