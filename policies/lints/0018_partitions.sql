-- partitions: Every table split by time has a leaf for today and for its next day or month.

SELECT p.object, 'no partition for ' || wanted.leaf AS detail
FROM core.partitioned_tables AS p
CROSS JOIN LATERAL (
    SELECT to_char(
        date_trunc(p.step, now() AT TIME ZONE 'UTC') + steps.ahead * ('1 ' || p.step)::interval,
        CASE p.step WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END) AS leaf
    FROM (VALUES (0), (1)) AS steps (ahead)
) AS wanted
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = p.oid
      -- what was split by month before it was split by day
      AND c.relname IN (p.table_name || '_' || wanted.leaf, p.table_name || '_' || left(wanted.leaf, 6)));
