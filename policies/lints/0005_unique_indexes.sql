-- unique_indexes: Every unique index or exclusion constraint of a tenant table starts with tenant_id; a global one would tell of another tenant's rows.

SELECT t.object, pg_get_indexdef(i.indexrelid) AS detail
FROM core.tenant_tables AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid
WHERE (i.indisunique OR i.indisexclusion) AND i.indkey[0] <> a.attnum;
