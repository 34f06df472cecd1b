-- primary_key: The primary key of a tenant table starts with tenant_id.

SELECT t.object, coalesce(pg_get_indexdef(i.indexrelid), 'has no primary key') AS detail
FROM core.tenant_tables AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid AND i.indisprimary
WHERE i.indexrelid IS NULL OR i.indkey[0] <> a.attnum;
