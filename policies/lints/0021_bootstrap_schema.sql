-- bootstrap_schema: Only a superuser reaches the schema bootstrap, and nothing there is SECURITY DEFINER.

SELECT 'schema bootstrap' AS object, privilege || ' by ' || r.rolname AS detail
FROM pg_catalog.pg_roles AS r
CROSS JOIN (VALUES ('CREATE'), ('USAGE')) AS p (privilege)
WHERE r.rolname LIKE 'romashka\_%' AND has_schema_privilege(r.oid, 'bootstrap', privilege)
UNION ALL
SELECT p.oid::regprocedure::text, 'SECURITY DEFINER'
FROM pg_catalog.pg_proc AS p
WHERE p.pronamespace = 'bootstrap'::regnamespace AND p.prosecdef;
