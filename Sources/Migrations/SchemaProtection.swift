internal import PluginKit
internal import Postgres
internal import Tenancy

/// Generates policies, grants, search functions and partitions, after the files of a schema have run either way.
struct SchemaProtection: Sendable {
    let folders: SchemaFolders

    /// The closed list of kernel policies, on every table there is, and partitions for the months to come.
    func protectKernel(_ admin: Lease) async throws {
        let list = try SQLFile.read("\(folders.policies)/kernel.sql")
        try await admin.asKernelOwner { owner in
            try await owner.script(list)
            try await owner.run("SELECT core.ensure_partitions(3)")
        }
    }

    /// A module's, as its manifest declares them.
    ///
    /// - Throws: `MigrationError` with code `foreign_code` or `name_taken`; the tables are guarded all the same.
    func protect(_ plan: ModulePlan, _ admin: Lease) async throws {
        let name = plan.module.description
        let rules = JSONValue.object(
            plan.tables.filter { $0.rule.members?.isEmpty == false }.map { .init($0.name, $0.rule) })
        try await admin.asKernelOwner { owner in
            try await owner.run("SELECT core.declare_tables(\(name), \(rules))")
            try await owner.run("SELECT core.protect_module(\(name))")
        }
        // Until here nothing is run that a table brings along. By themselves: what is refused from here on must not
        // leave the tables open to their owner.
        try await admin.asKernelOwner { owner in
            try await requireNoCode(of: name, owner)
            try await owner.run("SELECT core.ensure_partitions(3)")
        }
        let engine = plan.engine
        try await admin.asKernelOwner { owner in
            try await requireFree(engine.events, for: name, owner)
            try await owner.run("SELECT core.declare_jobs(\(name), \(engine.jobs))")
            try await owner.run("SELECT core.declare_commands(\(name), \(engine.commands), \(engine.uses))")
            try await owner.run(
                """
                SELECT core.declare_events(
                    \(name), \(engine.events), \(engine.consumes), \(engine.isAlwaysOn))
                """)
            try await owner.run(
                "SELECT core.declare_schedules(\(name), \(engine.schedules), \(engine.isAlwaysOn))")
        }
        for search in plan.searches {
            let table = "\(name).\(search.table)"
            try await admin.transaction {
                try await $0.run(
                    "SELECT bootstrap.create_search(\(name), \(search.function), \(table)::text::regclass, \(search.column))"
                )
            }
        }
    }

    /// Lets a module read what its manifest names of others, and nothing that it named before. All modules' tables are
    /// there by then, as far as they come to be.
    ///
    /// - Throws: `MigrationError` with code `read_refused`.
    func protectReads(of plan: ModulePlan, _ admin: Lease) async throws {
        let name = plan.module.description
        try await admin.asKernelOwner { owner in
            let reads = ModuleReads(plan: plan)
            try await reads.require(owner)
            try await owner.run("SELECT core.declare_reads(\(name), \(reads.json))")
        }
    }

    /// Takes back what all other modules read: what they may read of a table must not be held against whose it is.
    func endReads(except modules: [String], _ admin: Lease) async throws {
        try await admin.asKernelOwner { owner in
            try await owner.run(
                """
                SELECT core.declare_reads(reader.module, '[]')
                FROM (SELECT DISTINCT module FROM core.module_reads) AS reader
                WHERE reader.module <> ALL (\(modules))
                """)
        }
    }

    /// Refuses a module whose tables run what the module wrote: it would run as whoever writes or reads them.
    private func requireNoCode(of name: String, _ owner: Lease) async throws {
        let code = try await owner.run(
            "SELECT object, detail FROM core.foreign_code(\(name)) ORDER BY object, detail LIMIT 1")
        guard let row = code.first else { return }
        let (object, detail): (String, String) = (try row.get("object"), try row.get("detail"))
        throw MigrationError(
            .foreignCode,
            "\(object): expected no code of the module's own, found \(detail); fix: drop it in a migration, and do "
                + "what it did in the plugin")
    }

    /// Refuses types of events that another module has: of each there is one.
    private func requireFree(_ events: JSONValue, for name: String, _ owner: Lease) async throws {
        let taken = try await owner.run(
            """
            SELECT t.type, t.module
            FROM core.event_types AS t
            JOIN jsonb_to_recordset(\(events)) AS wanted (type text) ON wanted.type = t.type
            WHERE t.module <> \(name)
            ORDER BY t.type
            LIMIT 1
            """)
        guard let row = taken.first else { return }
        let (type, other): (String, String) = (try row.get("type"), try row.get("module"))
        throw MigrationError(
            .nameTaken,
            "event \(type): expected one that no other module declares, found it declared by \(other); "
                + "fix: call it \(name).\(type), or uninstall \(other)")
    }

    /// What `protect` does, for a module that has been taken back a few files: what its manifest says of tables and
    /// columns that are no longer there is left out.
    func protectRemains(of plan: ModulePlan, _ admin: Lease) async throws {
        let name = plan.module.description
        let result = try await admin.run(
            """
            SELECT t.table_name, a.attname::text AS column_name
            FROM core.our_tables AS t
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE t.schema_name = \(name)
            """)
        var columns: [String: Set<String>] = [:]
        for row in result.rows { columns[try row.get("table_name"), default: []].insert(try row.get("column_name")) }
        try await protect(plan.limited(to: columns), admin)
    }
}

extension ModulePlan {
    /// What of it concerns these columns, by table. A rule that names a column that is gone is left out whole, which
    /// shuts the table to those it was for.
    fileprivate func limited(to columns: [String: Set<String>]) -> ModulePlan {
        ModulePlan(
            module: module, folder: folder,
            tables: tables.filter { columns[$0.name] != nil }.map { table in
                let isWhole = table.columnsOfRule.isSubset(of: columns[table.name] ?? [])
                return isWhole ? table : Table(name: table.name, isPartitioned: table.isPartitioned, rule: [:])
            },
            searches: searches.filter { columns[$0.table]?.contains($0.column) ?? false }, reads: reads, engine: engine)
    }
}

extension ModulePlan.Table {
    fileprivate var columnsOfRule: Set<String> {
        let named = [
            rule["customer"], rule["customer_hides"]?["column"], rule["parent"]?["column"], rule["public"]?["column"],
        ]
        return Set(named.compactMap { $0?.string })
    }
}
