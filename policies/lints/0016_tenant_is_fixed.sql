-- tenant_is_fixed: No login role may UPDATE tenant_id.

SELECT t.object, 'UPDATE (tenant_id) by ' || r.rolname AS detail
FROM core.tenant_tables AS t
CROSS JOIN pg_catalog.pg_roles AS r
WHERE r.rolname LIKE 'romashka\_%'
  AND r.rolcanlogin
  AND has_column_privilege(r.oid, t.oid, 'tenant_id', 'UPDATE');
