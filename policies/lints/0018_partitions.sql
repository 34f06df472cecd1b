-- partitions: Every table split by month has a partition for this month and the next.

SELECT p.object, 'no partition for ' || to_char(wanted.month, 'YYYY-MM') AS detail
FROM core.partitioned_tables AS p
CROSS JOIN (VALUES
    (date_trunc('month', now() AT TIME ZONE 'UTC')),
    (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month')
) AS wanted (month)
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = p.oid AND c.relname = p.table_name || to_char(wanted.month, '_YYYYMM'));
