-- foreign_keys: A foreign key between tenant tables holds tenant_id on both sides in the same place; the check itself knows no row-level security.

SELECT t.object, c.conname || ': ' || pg_get_constraintdef(c.oid) AS detail
FROM pg_catalog.pg_constraint AS c
JOIN core.tenant_tables AS t ON t.oid = c.conrelid
JOIN core.tenant_tables AS parent ON parent.oid = c.confrelid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attname = 'tenant_id'
JOIN pg_catalog.pg_attribute AS pa ON pa.attrelid = c.confrelid AND pa.attname = 'tenant_id'
WHERE c.contype = 'f'
  AND NOT EXISTS (
      SELECT
      FROM unnest(c.conkey, c.confkey) AS pair (own, foreign_column)
      WHERE pair.own = a.attnum AND pair.foreign_column = pa.attnum)
UNION ALL
-- SET NULL or SET DEFAULT of all columns would take the tenant away
SELECT t.object, c.conname || ' changes tenant_id on delete or update: ' || pg_get_constraintdef(c.oid)
FROM pg_catalog.pg_constraint AS c
JOIN core.tenant_tables AS t ON t.oid = c.conrelid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attname = 'tenant_id'
WHERE c.contype = 'f'
  AND a.attnum = ANY (c.conkey)
  AND (c.confupdtype IN ('n', 'd')
       OR (c.confdeltype IN ('n', 'd') AND (c.confdelsetcols IS NULL OR a.attnum = ANY (c.confdelsetcols))))
UNION ALL
SELECT t.object, c.conname || ' leaves the schema: ' || pg_get_constraintdef(c.oid)
FROM pg_catalog.pg_constraint AS c
JOIN core.our_tables AS t ON t.oid = c.conrelid
JOIN pg_catalog.pg_class AS parent ON parent.oid = c.confrelid
WHERE c.contype = 'f'
  AND t.schema_name <> parent.relnamespace::regnamespace::text
  -- the one table of the kernel that modules may refer to: the people of the tenant
  AND c.confrelid <> 'core.profiles'::regclass;
