-- module_functions: A module's role executes its own functions and what the kernel offers to all modules, and creates nothing.

SELECT p.oid::regprocedure::text AS object, 'EXECUTE by ' || r.rolname AS detail
FROM pg_catalog.pg_proc AS p
JOIN core.our_schemas AS s ON s.oid = p.pronamespace
CROSS JOIN LATERAL aclexplode(p.proacl) AS acl
JOIN pg_catalog.pg_roles AS r ON r.oid = acl.grantee
WHERE r.rolname ~ '^romashka_(m_|modules$)'
  AND r.rolname IS DISTINCT FROM s.login_name
  AND NOT (
      s.schema_name = 'core'
      AND r.rolname = 'romashka_modules'
      AND p.proname IN (
          'open', 'session_claims', 'tenant_id', 'actor_id', 'actor_kind', 'actor_role', 'customer',
          'touch_updated_at', 'uuid_floor', 'emit', 'enqueue', 'enqueue_command', 'complete', 'step', 'idempotency',
          'claim_command', 'file_ref', 'end_customer'))
UNION ALL
SELECT 'schema ' || n.nspname, privilege || ' by ' || r.rolname
FROM pg_catalog.pg_namespace AS n
CROSS JOIN pg_catalog.pg_roles AS r
CROSS JOIN (VALUES ('CREATE'), ('USAGE')) AS p (privilege)
LEFT JOIN core.our_schemas AS s ON s.oid = n.oid
WHERE r.rolname ~ '^romashka_(m_|modules$)'
  AND n.nspname !~ '^(pg_|information_schema$)'
  AND has_schema_privilege(r.oid, n.oid, privilege)
  AND NOT (
      privilege = 'USAGE'
      AND (n.nspname = 'core'
           OR r.rolname IS NOT DISTINCT FROM s.login_name
           OR EXISTS (
               SELECT
               FROM core.module_reads AS reads
               WHERE 'romashka_m_' || reads.module = r.rolname AND reads.schema_name = n.nspname)));
