-- tenant_column: Every table of a module has tenant_id uuid NOT NULL, unless its manifest declares it global.

SELECT t.object, 'has no tenant_id and is not declared global' AS detail
FROM core.our_tables AS t
WHERE t.login_name IS NOT NULL AND NOT t.has_tenant AND NOT t.is_global
UNION ALL
SELECT t.object, 'tenant_id is ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN '' ELSE ', may be NULL' END
FROM core.tenant_tables AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
WHERE NOT a.attnotnull OR a.atttypid <> 'pg_catalog.uuid'::regtype;
