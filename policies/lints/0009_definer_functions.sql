-- definer_functions: SECURITY DEFINER only where the kernel put it, with a pinned search_path or fully qualified, never owned by a superuser.

SELECT p.oid::regprocedure::text AS object, problem AS detail
FROM pg_catalog.pg_proc AS p
JOIN core.our_schemas AS s ON s.oid = p.pronamespace
JOIN pg_catalog.pg_roles AS r ON r.oid = p.proowner
LEFT JOIN core.searches AS search ON search.module = s.schema_name AND search.name = p.proname
CROSS JOIN LATERAL (
    SELECT 'owned by ' || r.rolname AS problem
    WHERE r.rolsuper OR r.rolbypassrls
    UNION ALL
    SELECT 'search_path is not pinned'
    WHERE NOT EXISTS (
            SELECT FROM unnest(p.proconfig) AS setting WHERE setting = 'search_path=pg_catalog, pg_temp')
      -- written with every name qualified, because pinning costs more than they do
      AND p.oid::regprocedure::text NOT IN ('core.open(text)', 'core.session_claims()')
    UNION ALL
    SELECT 'a module''s schema holds no definer function but a generated search'
    WHERE s.schema_name <> 'core' AND (search.name IS NULL OR r.rolname <> 'romashka_searcher')
    UNION ALL
    SELECT 'not on the kernel''s list'
    WHERE s.schema_name = 'core'
      AND p.proname NOT IN (
          'open', 'session_claims', 'ensure_partitions', 'drop_old_partition', 'record_migration', 'forget_migration',
          'emit', 'enqueue', 'enqueue_command', 'complete', 'step', 'idempotency', 'claim_command', 'file_ref',
          'end_customer', 'record_customer_change',
          'erase_tenant')
) AS problems
WHERE p.prosecdef;
