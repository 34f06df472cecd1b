-- foreign_key_indexes: Every foreign key of a tenant table has an index that starts with its columns, tenant_id first.

SELECT t.object, c.conname || ': ' || pg_get_constraintdef(c.oid) AS detail
FROM pg_catalog.pg_constraint AS c
JOIN core.tenant_tables AS t ON t.oid = c.conrelid
WHERE c.contype = 'f'
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_index AS i
      WHERE i.indrelid = c.conrelid
        AND i.indpred IS NULL
        AND i.indkey[0] = ANY (c.conkey)
        -- two columns of a longer key are enough to find the rows
        AND (cardinality(c.conkey) = 1 OR i.indkey[1] = ANY (c.conkey)));
