internal import PluginKit
internal import Postgres
internal import Tenancy

/// What a module reads of others' tables, and whether it can.
struct ModuleReads {
    let plan: ModulePlan

    /// As `core.declare_reads` takes it.
    var json: JSONValue {
        .array(
            plan.reads.map { read in
                [
                    "schema": .string(read.module.description), "table": .string(read.table),
                    "columns": .array(read.columns.map { .string($0) }),
                ]
            })
    }

    /// - Throws: `MigrationError` with code `read_refused`, with what was expected, what was found and how to mend it.
    func require(_ owner: Lease) async throws {
        for read in plan.reads { try await require(read, owner) }
    }

    private func require(_ read: ModulePlan.Read, _ owner: Lease) async throws {
        let schema = read.module.description
        let result = try await owner.run(
            """
            SELECT a.attname::text AS column_name, t.parent_table
            FROM core.tenant_tables AS t
            JOIN pg_catalog.pg_class AS c ON c.oid = t.oid AND c.relrowsecurity AND c.relforcerowsecurity
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE t.schema_name = \(schema) AND t.table_name = \(read.table)
              AND t.login_name IS NOT NULL AND NOT t.is_leaf
            ORDER BY column_name
            """)
        guard read.module != plan.module, let first = result.first else {
            throw refusal(
                of: read, "expected a table of the module \(schema) with tenants' rows that is guarded, found none")
        }
        let columns = try result.rows.map { try $0.get("column_name", as: String.self) }
        if let absent = read.columns.first(where: { !columns.contains($0) }) {
            throw refusal(of: read, "expected a column \(absent), found \(columns.joined(separator: ", "))")
        }
        // Its policy looks there for whose a row is, with the reader's own rights.
        guard let parent = try first.get("parent_table", as: String?.self) else { return }
        let readsParent = plan.reads.contains {
            $0.module == read.module && $0.table == parent && $0.columns.contains("id")
        }
        guard readsParent else {
            throw refusal(of: read, "expected \(schema).\(parent) with its column id among reads, found it missing")
        }
    }

    private func refusal(of read: ModulePlan.Read, _ fault: String) -> MigrationError {
        MigrationError(
            .readRefused,
            "reads \(read.module).\(read.table): \(fault); fix: correct reads in plugin.json of \(plan.module)")
    }
}
