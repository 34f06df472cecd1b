DROP FUNCTION core.declare_schedules(text, jsonb, boolean);
ALTER TABLE core.tenants DROP COLUMN zone;
DROP TABLE core.schedules, core.schedule_kinds;
