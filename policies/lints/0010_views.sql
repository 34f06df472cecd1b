-- views: Every view runs with the rights of its reader (security_invoker).

SELECT c.oid::regclass::text AS object, 'not security_invoker' AS detail
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
WHERE c.relkind = 'v'
  AND NOT coalesce(
      (SELECT option_value::boolean FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'),
      false);
