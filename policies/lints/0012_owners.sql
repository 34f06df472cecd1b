-- owners: What is in our schemas belongs to the schema's owner, the keyholder, the searcher or the eraser; none of them passes row-level security.

WITH things AS (
    SELECT c.oid::regclass::text AS object, c.relowner AS owner, c.relnamespace AS schema
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT p.oid::regprocedure::text, p.proowner, p.pronamespace
    FROM pg_catalog.pg_proc AS p
    UNION ALL
    SELECT 'type ' || format_type(t.oid, NULL), t.typowner, t.typnamespace
    FROM pg_catalog.pg_type AS t
    WHERE t.typtype IN ('d', 'e', 'r')
    UNION ALL
    SELECT 'schema ' || n.nspname, n.nspowner, n.oid
    FROM pg_catalog.pg_namespace AS n
)
SELECT things.object, 'owned by ' || r.rolname AS detail
FROM things
JOIN core.our_schemas AS s ON s.oid = things.schema
JOIN pg_catalog.pg_roles AS r ON r.oid = things.owner
WHERE r.rolsuper
   OR r.rolbypassrls
   OR NOT (r.rolname = s.owner_name
           OR (s.schema_name = 'core' AND r.rolname = 'romashka_keyholder')
           OR (r.rolname = 'romashka_eraser' AND things.object = 'core.erase_tenant(uuid)')
           OR (r.rolname = 'romashka_searcher'
               AND things.object IN (
                   SELECT p.oid::regprocedure::text
                   FROM pg_catalog.pg_proc AS p
                   JOIN core.searches AS search ON search.name = p.proname AND search.module = s.schema_name
                   WHERE p.pronamespace = s.oid)));
