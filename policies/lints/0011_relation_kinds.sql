-- relation_kinds: No materialized view, foreign table, rewrite rule or inheritance: none of them knows row-level security.

SELECT
    c.oid::regclass::text AS object,
    CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END AS detail
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
WHERE c.relkind IN ('m', 'f')
UNION ALL
SELECT t.object, 'rule ' || r.rulename
FROM core.our_tables AS t
JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = t.oid
UNION ALL
SELECT t.object, 'inherits from ' || i.inhparent::regclass::text
FROM core.our_tables AS t
JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = t.oid
WHERE NOT t.is_leaf;
