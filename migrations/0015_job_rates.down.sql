DROP TABLE core.job_totals;
ALTER TABLE core.job_lanes DROP COLUMN tokens, DROP COLUMN filled_at;
