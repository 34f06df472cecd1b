-- rls_enabled: Every tenant table, leaf or not, has row-level security enabled and forced.

SELECT
    t.object,
    concat_ws(', ',
        CASE WHEN NOT c.relrowsecurity THEN 'not enabled' END,
        CASE WHEN NOT c.relforcerowsecurity THEN 'not forced' END) AS detail
FROM core.tenant_tables AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity);
