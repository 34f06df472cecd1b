import PluginKit
import Testing

/// Statements that tenant B runs against tenant A's rows of one table.
///
/// `$t` the table, `$A` and `$B` the tenants' ids, `$keys` the primary key, `$column` a column the module may change,
/// `$insertable` every column an INSERT may name, `$rowA` A's row as JSON, `$likeA` the same with another key.
struct IsolationAttack: Sendable, CustomTestStringConvertible {
    /// What the same statement does in A's own session: without it a misspelt attack would pass for a repelled one.
    enum Control: Sendable {
        case rows
        /// This error, which only a row that is seen can raise.
        case error(String)
        case none
    }

    let name: String
    let statements: [String]
    /// Error codes it may be answered with; without any it must be answered, with nothing.
    let refusals: Set<String>
    let control: Control

    var testDescription: String { name }

    /// An attack that must come back empty.
    static func empty(_ name: String, _ statements: String..., control: Control = .rows) -> IsolationAttack {
        IsolationAttack(name: name, statements: statements, refusals: [], control: control)
    }

    /// An attack that must be refused.
    static func refused(
        _ name: String, _ statement: String, with refusals: Set<String> = ["42501"], control: Control = .none
    ) -> IsolationAttack {
        IsolationAttack(name: name, statements: [statement], refusals: refusals, control: control)
    }

    static let all = reading + changing + inserting + owning

    private static let reading: [IsolationAttack] = [
        .empty("select", "SELECT t::text FROM $t AS t WHERE tenant_id = '$A'"),
        .empty("select all but one's own", "SELECT t::text FROM $t AS t WHERE tenant_id <> '$B'"),
        .empty(
            "select by key",
            "SELECT t::text FROM $t AS t WHERE ($keys) = (SELECT $keys FROM jsonb_populate_record(NULL::$t, $rowA))"),
        .empty("select by address", "SELECT t::text FROM $t AS t WHERE tenant_id = '$A' AND ctid IS NOT NULL"),
        .empty("sample", "SELECT t::text FROM $t AS t TABLESAMPLE SYSTEM (100) WHERE tenant_id = '$A'"),
        .empty("join", "SELECT o::text FROM (VALUES (1)) AS me JOIN $t AS o ON o.tenant_id = '$A'"),
        .empty(
            "common table", "WITH s AS MATERIALIZED (SELECT * FROM $t) SELECT s::text FROM s WHERE tenant_id = '$A'"),
        .empty("as JSON", "SELECT v FROM (SELECT row_to_json(t)::text AS v FROM $t AS t) AS x WHERE v LIKE '%$A%'"),
        .empty(
            "condition that fails on a row it sees",
            "SELECT 1 FROM $t WHERE 1 / (CASE WHEN tenant_id = '$A' THEN 0 ELSE 1 END) = 2", control: .error("22012")),
        .empty(
            "cast that fails on a row it sees",
            "SELECT 1 FROM $t AS t WHERE tenant_id <> '$B' AND t::text::int8 = 1", control: .error("22P02")),
        .empty(
            "failing condition wrapped in others",
            """
            SELECT 1 FROM $t
            WHERE COALESCE(NULLIF(CASE tenant_id WHEN '$A' THEN 1 / (length(tenant_id::text) - 36) END, 0), 1) = 5
            """, control: .error("22012")),
        .empty("lock rows", "SELECT 1 FROM $t WHERE tenant_id = '$A' FOR UPDATE"),
        .empty("lock keys", "SELECT 1 FROM $t WHERE tenant_id = '$A' FOR KEY SHARE SKIP LOCKED"),
        .empty(
            "cursor", "DECLARE stolen NO SCROLL CURSOR FOR SELECT t::text FROM $t AS t WHERE tenant_id = '$A'",
            "FETCH ALL FROM stolen"),
    ]

    private static let changing: [IsolationAttack] = [
        .empty("update", "UPDATE $t SET $column = $column WHERE tenant_id = '$A'"),
        .empty("update by join", "UPDATE $t AS t SET $column = t.$column FROM $t AS o WHERE o.tenant_id = '$A'"),
        .empty("update returning", "UPDATE $t AS t SET $column = $column WHERE tenant_id = '$A' RETURNING t::text"),
        .empty("delete", "DELETE FROM $t WHERE tenant_id = '$A'"),
        .empty("delete by join", "DELETE FROM $t AS t USING $t AS o WHERE o.tenant_id = '$A'"),
        .empty(
            "delete in a common table",
            "WITH gone AS (DELETE FROM $t AS t WHERE tenant_id = '$A' RETURNING t::text) SELECT * FROM gone"),
        .empty(
            "merge, update",
            """
            MERGE INTO $t AS t USING (VALUES (1)) AS v (one) ON t.tenant_id = '$A'
            WHEN MATCHED THEN UPDATE SET $column = t.$column
            """),
        .empty(
            "merge, delete",
            "MERGE INTO $t AS t USING (VALUES (1)) AS v (one) ON t.tenant_id = '$A' WHEN MATCHED THEN DELETE"),
        .refused("give away", "UPDATE $t SET tenant_id = '$A'"),
        .refused("take over", "UPDATE $t SET tenant_id = '$B' WHERE tenant_id = '$A'"),
    ]

    private static let inserting: [IsolationAttack] = [
        .refused(
            "insert", "INSERT INTO $t ($insertable) SELECT $insertable FROM jsonb_populate_record(NULL::$t, $likeA)",
            control: .rows),
        .refused(
            "insert a row there is",
            "INSERT INTO $t ($insertable) SELECT $insertable FROM jsonb_populate_record(NULL::$t, $rowA)",
            control: .error("already_exists")),
        .refused(
            "insert or nothing",
            """
            INSERT INTO $t ($insertable) SELECT $insertable FROM jsonb_populate_record(NULL::$t, $rowA)
            ON CONFLICT DO NOTHING
            """),
        .refused(
            "insert or update",
            """
            INSERT INTO $t ($insertable) SELECT $insertable FROM jsonb_populate_record(NULL::$t, $rowA)
            ON CONFLICT ($keys) DO UPDATE SET $column = EXCLUDED.$column
            """, control: .rows),
        .refused(
            "insert or update, with a condition that fails on a row it sees",
            """
            INSERT INTO $t AS t ($insertable) SELECT $insertable FROM jsonb_populate_record(NULL::$t, $rowA)
            ON CONFLICT ($keys) DO UPDATE SET $column = EXCLUDED.$column
            WHERE 1 / (CASE WHEN t.tenant_id = '$A' THEN 0 ELSE 1 END) = 1
            """, control: .error("22012")),
        .refused(
            "merge, insert",
            """
            MERGE INTO $t AS t USING (SELECT * FROM jsonb_populate_record(NULL::$t, $likeA)) AS v ON false
            WHEN NOT MATCHED THEN INSERT ($insertable) VALUES ($sourced)
            """, control: .rows),
    ]

    private static let owning: [IsolationAttack] = [
        .refused("truncate", "TRUNCATE $t CASCADE"),
        .refused("copy to a file", "COPY $t TO '/tmp/stolen'"),
        .refused("copy to a program", "COPY (SELECT * FROM $t WHERE tenant_id = '$A') TO PROGRAM 'cat'"),
        .refused("copy from a file", "COPY $t FROM '/etc/passwd'"),
        .refused("copy in", "COPY $t ($insertable) FROM STDIN", with: ["42501", "0A000"]),
        .refused("disable row security", "ALTER TABLE $t DISABLE ROW LEVEL SECURITY"),
        .refused("unforce row security", "ALTER TABLE $t NO FORCE ROW LEVEL SECURITY"),
        .refused("drop the policy", "DROP POLICY tenant ON $t"),
        .refused("add a policy", "CREATE POLICY mine ON $t USING (true)"),
        .refused("alter the policy", "ALTER POLICY tenant ON $t USING (true)"),
        .refused("own it", "ALTER TABLE $t OWNER TO CURRENT_USER"),
        .refused("drop it", "DROP TABLE $t CASCADE"),
        .refused("add a trigger", "CREATE TRIGGER mine BEFORE UPDATE ON $t EXECUTE FUNCTION core.touch_updated_at()"),
        .refused("add a rule", "CREATE RULE mine AS ON INSERT TO $t DO ALSO SELECT 1"),
        .refused("add an index", "CREATE INDEX ON $t (tenant_id)"),
        .refused("inherit from it", "CREATE TABLE core.heir () INHERITS ($t)"),
        .refused("refer to it", "CREATE TABLE core.child (tenant_id uuid REFERENCES $t)"),
        .refused("rename its column", "ALTER TABLE $t RENAME COLUMN tenant_id TO other"),
        .refused("put it elsewhere", "ALTER TABLE $t SET SCHEMA public"),
        .refused(
            "statistics of its columns", "CREATE STATISTICS core.mine ON tenant_id, ctid FROM $t",
            with: ["42501", "0A000"]),
    ]
}

extension IsolationAttack {
    /// The statements against one table, with everything filled in.
    func statements(on table: IsolationTable, victim: IsolationRows, attacker: IsolationRows) -> [String] {
        let sourced = table.columns.filter { !$0.isGenerated }.map { "v.\($0.name)" }.joined(separator: ", ")
        return statements.map { statement in
            statement.replacing("$insertable", with: table.insertable).replacing("$column", with: table.changeable)
                .replacing("$sourced", with: sourced).replacing("$keys", with: table.keys.joined(separator: ", "))
                .replacing("$rowA", with: victim.row).replacing("$likeA", with: victim.another)
                .replacing("$A", with: victim.tenant.id.description)
                .replacing("$B", with: attacker.tenant.id.description).replacing("$t", with: table.text)
        }
    }
}

/// A tenant's row of one table, as literals of JSON.
struct IsolationRows: Sendable {
    let tenant: IsolationTenant
    let row: String
    /// The row with another key.
    let another: String
}
