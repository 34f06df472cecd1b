-- column_types: No enum, no sequence, no identity: the first cannot use an index under row-level security, the others count across tenants. A module's columns have types of PostgreSQL's own, or domains, composites and arrays made of them.

SELECT format_type(ty.oid, NULL) AS object, 'enum' AS detail
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
WHERE ty.typtype = 'e' OR a.attidentity <> ''
UNION ALL
-- Who writes such a value down runs its casts and functions.
SELECT format_type(ty.oid, NULL), CASE ty.typtype WHEN 'r' THEN 'range' ELSE 'base type' END
FROM pg_catalog.pg_type AS ty
JOIN core.our_schemas AS s ON s.oid = ty.typnamespace AND s.login_name IS NOT NULL
WHERE ty.typtype = 'r'
   -- not the array that comes with each type
   OR (ty.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = ty.oid))
UNION ALL
-- With these two, what is made of a module's types is made of PostgreSQL's in the end.
SELECT c.oid::regclass::text || '.' || a.attname, 'of type ' || format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace AND s.login_name IS NOT NULL
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS ty ON ty.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'c')
  AND ty.typnamespace NOT IN ('pg_catalog'::regnamespace, c.relnamespace)
UNION ALL
SELECT format_type(ty.oid, NULL), 'domain over ' || format_type(ty.typbasetype, ty.typtypmod)
FROM pg_catalog.pg_type AS ty
JOIN core.our_schemas AS s ON s.oid = ty.typnamespace AND s.login_name IS NOT NULL
JOIN pg_catalog.pg_type AS base ON base.oid = ty.typbasetype
WHERE ty.typtype = 'd' AND base.typnamespace NOT IN ('pg_catalog'::regnamespace, ty.typnamespace);
