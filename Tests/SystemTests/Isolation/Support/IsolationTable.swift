import PluginKit
import Postgres

/// A table whose rows belong to tenants, as the catalogue describes it; leaves of partitions apart.
struct IsolationTable: Sendable {
    struct Column: Sendable {
        let name: String
        let type: String
        /// Whether an INSERT must name it.
        let isRequired: Bool
        let isGenerated: Bool
        /// Whether the module's role may UPDATE it.
        let isUpdatable: Bool
        /// The CHECKs of this column alone, as expressions.
        let checks: [String]
    }

    struct Reference: Sendable {
        let name: String
        let parent: String
        let columns: [String]
        let parentColumns: [String]
    }

    let module: String
    let name: String
    let columns: [Column]
    let keys: [String]
    let references: [Reference]
    /// The privileges of the module's role on the whole table.
    let privileges: Set<String>

    /// The name with its schema.
    var text: String { "\(module).\(name)" }
    /// Whether it is the kernel's, so that no module may touch it at all.
    var isKernels: Bool { module == "core" }
    /// The module whose role attacks it.
    var attacker: String { isKernels ? "conversations" : module }
    /// What an INSERT may name, separated by commas.
    var insertable: String { columns.filter { !$0.isGenerated }.map(\.name).joined(separator: ", ") }
    /// Whether the module may change anything of a row that is there.
    var isChangeable: Bool { columns.contains(where: \.isUpdatable) }
    /// A column for an UPDATE; one the role may change if there is any.
    var changeable: String { (columns.first(where: \.isUpdatable) ?? columns[columns.count - 1]).name }

    /// Reads all of them from the catalogue.
    static func all(_ admin: Lease) async throws -> [IsolationTable] {
        try await admin.run(SQL(unsafeSQL: query)).rows.map { row in
            try IsolationTable(JSONParser.parse(Array(row.get("description", as: String.self).utf8)))
        }
    }

    private init(_ json: JSONValue) throws {
        module = json["module"]?.string ?? ""
        name = json["name"]?.string ?? ""
        keys = IsolationTable.strings(json["keys"])
        privileges = Set(IsolationTable.strings(json["privileges"]))
        columns = (json["columns"]?.array ?? []).map { column in
            Column(
                name: column["name"]?.string ?? "", type: column["type"]?.string ?? "",
                isRequired: column["required"]?.bool ?? false, isGenerated: column["generated"]?.bool ?? false,
                isUpdatable: column["updatable"]?.bool ?? false, checks: IsolationTable.strings(column["checks"]))
        }
        references = (json["references"]?.array ?? []).map { reference in
            Reference(
                name: reference["name"]?.string ?? "", parent: reference["parent"]?.string ?? "",
                columns: IsolationTable.strings(reference["columns"]),
                parentColumns: IsolationTable.strings(reference["parent_columns"]))
        }
    }

    private static func strings(_ json: JSONValue?) -> [String] { (json?.array ?? []).compactMap(\.string) }

    private static let query = """
        SELECT jsonb_build_object(
            'module', n.nspname,
            'name', c.relname,
            'privileges', (
                SELECT coalesce(jsonb_agg(p), '[]')
                FROM unnest(ARRAY['SELECT', 'INSERT', 'DELETE']) AS p
                WHERE has_table_privilege(login.name, c.oid, p)),
            'keys', (
                SELECT jsonb_agg(a.attname ORDER BY k.position)
                FROM pg_index AS i
                CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position)
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
                WHERE i.indrelid = c.oid AND i.indisprimary),
            'columns', (
                SELECT jsonb_agg(jsonb_build_object(
                    'name', a.attname,
                    'type', format_type(COALESCE(NULLIF(t.typbasetype, 0), t.oid), NULL),
                    'required', a.attnotnull AND NOT a.atthasdef,
                    'generated', a.attgenerated <> '' OR a.attidentity <> '',
                    'updatable', has_column_privilege(login.name, c.oid, a.attnum, 'UPDATE'),
                    'checks', (
                        SELECT coalesce(jsonb_agg(
                            -- A domain calls the column VALUE.
                            CASE WHEN k.contypid = 0 THEN pg_get_expr(k.conbin, k.conrelid)
                                 ELSE regexp_replace(
                                     substr(pg_get_constraintdef(k.oid), 6), '\\mVALUE\\M', quote_ident(a.attname), 'g') END), '[]')
                        FROM pg_constraint AS k
                        WHERE k.contype = 'c'
                          AND (k.conrelid = c.oid AND k.conkey = ARRAY[a.attnum] OR k.contypid = a.atttypid))
                ) ORDER BY a.attnum)
                FROM pg_attribute AS a
                JOIN pg_type AS t ON t.oid = a.atttypid
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
            'references', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'name', k.conname,
                    'parent', k.confrelid::regclass::text,
                    'columns', ARRAY(
                        SELECT a.attname::text
                        FROM unnest(k.conkey) WITH ORDINALITY AS u (number, position)
                        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.number
                        ORDER BY u.position),
                    'parent_columns', ARRAY(
                        SELECT a.attname::text
                        FROM unnest(k.confkey) WITH ORDINALITY AS u (number, position)
                        JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.number
                        ORDER BY u.position))), '[]')
                FROM pg_constraint AS k
                WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0)
        )::text AS description
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_roles AS r ON r.oid = n.nspowner
        CROSS JOIN LATERAL (
            SELECT 'romashka_m_' || CASE n.nspname WHEN 'core' THEN 'conversations' ELSE n.nspname END AS name
        ) AS login
        WHERE c.relkind IN ('r', 'p')
          AND NOT c.relispartition
          AND (n.nspname = 'core' OR r.rolname = 'romashka_o_' || n.nspname)
          AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
          AND NOT EXISTS (
              SELECT FROM core.table_rules AS t WHERE t.module = n.nspname AND t.table_name = c.relname AND t.is_global)
        ORDER BY n.nspname, c.relname
        """
}
