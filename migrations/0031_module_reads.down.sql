SELECT core.declare_reads(r.module, '[]') FROM (SELECT DISTINCT module FROM core.module_reads) AS r;
DROP FUNCTION core.declare_reads(text, jsonb);
ALTER TABLE core.module_reads DROP COLUMN columns;
