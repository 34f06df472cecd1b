DELETE FROM core.table_rules WHERE module = 'core' AND table_name = 'changes';
DROP FUNCTION core.prune_changes(interval);
DROP FUNCTION core.record_change(text, uuid, text);
DROP TABLE core.changes;
DROP TABLE core.control;
DROP TABLE core.tenants;
DROP FUNCTION core.touch_updated_at();
