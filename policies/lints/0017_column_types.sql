-- column_types: No enum, no sequence, no identity: the first cannot use an index under row-level security, the others count across tenants.

SELECT 'type ' || format_type(ty.oid, NULL) AS object, 'enum' AS detail
FROM pg_catalog.pg_type AS ty
JOIN core.our_schemas AS s ON s.oid = ty.typnamespace
WHERE ty.typtype = 'e'
UNION ALL
SELECT c.oid::regclass::text, 'sequence'
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
WHERE c.relkind = 'S'
UNION ALL
SELECT t.object || '.' || a.attname, CASE WHEN ty.typtype = 'e' THEN 'enum' ELSE 'identity' END
FROM core.our_tables AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS ty ON ty.oid = a.atttypid
WHERE ty.typtype = 'e' OR a.attidentity <> '';
