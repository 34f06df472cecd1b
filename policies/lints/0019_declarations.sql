-- declarations: What manifests and the kernel's list declare exists.

SELECT rule.module || '.' || rule.table_name AS object, 'declared, but there is no such table or column' AS detail
FROM core.table_rules AS rule
LEFT JOIN core.our_tables AS t ON t.schema_name = rule.module AND t.table_name = rule.table_name
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = rule.customer_column AND NOT a.attisdropped
WHERE t.oid IS NULL OR (rule.customer_column IS NOT NULL AND a.attname IS NULL)
UNION ALL
SELECT reads.module || ' reads ' || reads.schema_name || '.' || reads.table_name, 'no such tenant table or column'
FROM core.module_reads AS reads
LEFT JOIN core.tenant_tables AS t ON t.schema_name = reads.schema_name AND t.table_name = reads.table_name
WHERE t.oid IS NULL
   OR EXISTS (
       SELECT
       FROM jsonb_array_elements_text(to_jsonb(reads) -> 'columns') AS wanted (name)
       WHERE NOT EXISTS (
           SELECT
           FROM pg_catalog.pg_attribute AS a
           WHERE a.attrelid = t.oid AND a.attname = wanted.name AND NOT a.attisdropped))
UNION ALL
SELECT k.schema_name || '.' || k.table_name, 'policy for ' || k.role_name || ' has no table or no role'
FROM core.kernel_policies AS k
LEFT JOIN core.tenant_tables AS t ON t.schema_name = k.schema_name AND t.table_name = k.table_name
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = k.role_name
WHERE t.oid IS NULL OR r.oid IS NULL
UNION ALL
SELECT k.schema_name || '.' || k.table_name, 'open to ' || k.role_name || ' without a search function'
FROM core.kernel_policies AS k
WHERE k.origin = 'search'
  AND NOT EXISTS (
      SELECT
      FROM core.searches AS search
      WHERE search.module = k.schema_name AND search.table_name = k.table_name
        AND to_regprocedure(format('%I.%I(text,integer)', search.module, search.name)) IS NOT NULL);
