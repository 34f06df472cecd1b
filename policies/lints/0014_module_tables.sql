-- module_tables: A module's role reads and writes rows of its own tables and reads the columns that its manifest names; nothing else, and no leaf.

SELECT
    c.oid::regclass::text AS object,
    r.rolname || ' has ' || string_agg(DISTINCT acl.privilege_type, ', ') AS detail
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT table_acl.*, NULL::text AS column_name
    FROM aclexplode(c.relacl) AS table_acl
    UNION ALL
    SELECT column_acl.*, a.attname::text
    FROM pg_catalog.pg_attribute AS a
    CROSS JOIN LATERAL aclexplode(a.attacl) AS column_acl
    -- a column that was dropped keeps its grants until PostgreSQL 17
    WHERE a.attrelid = c.oid AND NOT a.attisdropped
) AS acl
JOIN pg_catalog.pg_roles AS r ON r.oid = acl.grantee
LEFT JOIN core.our_tables AS t ON t.oid = c.oid
WHERE r.rolname ~ '^romashka_(m_|modules$)'
  AND NOT (
      r.rolname IS NOT DISTINCT FROM s.login_name
      AND NOT c.relispartition
      AND acl.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
      AND (acl.privilege_type IN ('SELECT', 'INSERT') OR NOT coalesce(t.append_only, false))
      AND NOT acl.is_grantable)
  AND NOT (
      acl.privilege_type = 'SELECT'
      AND NOT c.relispartition
      AND NOT acl.is_grantable
      AND EXISTS (
          SELECT
          FROM core.module_reads AS reads
          WHERE 'romashka_m_' || reads.module = r.rolname
            AND reads.schema_name = s.schema_name
            AND reads.table_name = c.relname
            -- column by column; as JSON, for the kernel's schema may be older than this rule
            AND to_jsonb(reads) -> 'columns' ? acl.column_name))
GROUP BY c.oid, r.rolname
UNION ALL
SELECT c.oid::regclass::text, r.rolname || ' has privileges on a leaf'
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
JOIN pg_catalog.pg_roles AS r ON r.oid = acl.grantee
WHERE c.relispartition AND acl.grantee <> c.relowner AND r.rolname !~ '^romashka_(m_|modules$)';
