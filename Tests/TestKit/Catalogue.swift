internal import PluginKit
package import Postgres

/// What PostgreSQL's catalogues say of the schemas of a database, a line for each fact, so that two can be compared.
///
/// Object ids, times and passwords are left out: they differ when nothing else does.
package enum Catalogue {
    /// Every schema, table, column, constraint, index, trigger, policy, function, view, privilege and role of ours.
    package static func read(_ admin: Lease) async throws -> [String] {
        var lines: [String] = []
        for query in facts {
            let result = try await admin.run(SQL(unsafeSQL: "WITH \(ours) \(query) ORDER BY 1"))
            lines += try result.rows.map { try $0.get("line", as: String.self) }
        }
        return lines
    }

    /// What stands in one of two readings only, for a test that wants them equal.
    package static func differences(_ before: [String], _ after: [String]) -> [String] {
        let (old, new) = (Set(before), Set(after))
        return old.subtracting(new).sorted().map { "- \($0)" } + new.subtracting(old).sorted().map { "+ \($0)" }
    }

    private static let ours = """
        ours AS (
            SELECT n.oid, n.nspname, n.nspowner, n.nspacl
            FROM pg_namespace AS n
            WHERE n.nspname !~ '^(pg_|information_schema$)'
        )
        """

    /// The privileges of one object, in an order that does not depend on when they were granted.
    private static func privileges(_ acl: String, _ kind: Character, _ owner: String) -> String {
        """
        (SELECT string_agg(format('%s=%s%s', CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
                                  privilege_type, CASE WHEN is_grantable THEN '*' ELSE '' END),
                           ' ' ORDER BY grantee::regrole::text, privilege_type)
         FROM aclexplode(coalesce(\(acl), acldefault('\(kind)', \(owner)))))
        """
    }

    private static let facts = [
        """
        SELECT concat_ws(' ', 'schema', nspname, 'of', nspowner::regrole, \(privileges("nspacl", "n", "nspowner"))) AS line
        FROM ours
        """,
        """
        SELECT concat_ws(' ', 'relation', c.oid::regclass, c.relkind, c.relpersistence, 'of', c.relowner::regrole,
                         'rls', c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
                         pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid),
                         \(privileges("c.relacl", "r", "c.relowner"))) AS line
        FROM pg_class AS c
        JOIN ours ON ours.oid = c.relnamespace
        WHERE c.relkind NOT IN ('i', 'I')
        """,
        """
        SELECT concat_ws(' ', 'column', c.oid::regclass || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
                         'not null', a.attnotnull, a.attgenerated, a.attidentity, pg_get_expr(d.adbin, d.adrelid),
                         \(privileges("a.attacl", "c", "c.relowner"))) AS line
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind NOT IN ('i', 'I')
        JOIN ours ON ours.oid = c.relnamespace
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attnum > 0 AND NOT a.attisdropped
        """,
        """
        SELECT concat_ws(' ', 'constraint', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid), k.convalidated)
            AS line
        FROM pg_constraint AS k
        JOIN ours ON ours.oid = k.connamespace
        """,
        """
        SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid) AS line
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN ours ON ours.oid = c.relnamespace
        """,
        """
        SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), t.tgenabled) AS line
        FROM pg_trigger AS t
        JOIN pg_class AS c ON c.oid = t.tgrelid
        JOIN ours ON ours.oid = c.relnamespace
        WHERE NOT t.tgisinternal
        """,
        """
        SELECT concat_ws(' ', 'policy', p.polrelid::regclass, p.polname, p.polpermissive, p.polcmd,
                         (SELECT string_agg(role::regrole::text, ',' ORDER BY role::regrole::text)
                          FROM unnest(p.polroles) AS role),
                         pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) AS line
        FROM pg_policy AS p
        JOIN pg_class AS c ON c.oid = p.polrelid
        JOIN ours ON ours.oid = c.relnamespace
        """,
        """
        SELECT concat_ws(' ', 'function of', p.proowner::regrole, pg_get_functiondef(p.oid),
                         \(privileges("p.proacl", "f", "p.proowner"))) AS line
        FROM pg_proc AS p
        JOIN ours ON ours.oid = p.pronamespace
        WHERE p.prokind = 'f'
          AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
        """,
        """
        SELECT concat_ws(' ', 'view', c.oid::regclass, pg_get_viewdef(c.oid)) AS line
        FROM pg_class AS c
        JOIN ours ON ours.oid = c.relnamespace
        WHERE c.relkind IN ('v', 'm')
        """,
        """
        SELECT concat_ws(' ', 'type', format_type(t.oid, NULL), t.typtype, 'of', t.typowner::regrole) AS line
        FROM pg_type AS t
        JOIN ours ON ours.oid = t.typnamespace
        WHERE t.typtype IN ('d', 'e', 'r')
        """,
        """
        SELECT concat_ws(' ', 'default privileges of', d.defaclrole::regrole, d.defaclobjtype, d.defaclacl) AS line
        FROM pg_default_acl AS d
        """,
        """
        SELECT concat_ws(' ', 'role', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
                         r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolconfig,
                         (SELECT string_agg(m.roleid::regrole::text, ',' ORDER BY m.roleid::regrole::text)
                          FROM pg_auth_members AS m
                          WHERE m.member = r.oid)) AS line
        FROM pg_roles AS r
        WHERE r.rolname !~ '^pg_'
        """,
        """
        SELECT concat_ws(' ', 'database', \(privileges("d.datacl", "d", "d.datdba"))) AS line
        FROM pg_database AS d
        WHERE d.datname = current_database()
        """,
        "SELECT concat_ws(' ', 'rule', r) AS line FROM core.table_rules AS r",
        "SELECT concat_ws(' ', 'reads', r) AS line FROM core.module_reads AS r",
        "SELECT concat_ws(' ', 'kernel policy', k) AS line FROM core.kernel_policies AS k",
        "SELECT concat_ws(' ', 'search', s) AS line FROM core.searches AS s",
        "SELECT concat_ws(' ', 'ledger', module, number, name, checksum) AS line FROM core.migrations",
    ]
}
