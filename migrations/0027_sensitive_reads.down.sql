DROP TRIGGER tell_of_change ON core.module_secrets;
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.module_secrets FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('secret', 'modules.write', 'tenant_id', 'module_id name', 'sealed');
DROP TRIGGER touch_updated_at ON core.module_secrets;
CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.module_secrets
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();
ALTER TABLE core.module_secrets DROP COLUMN used_at;
DELETE FROM core.event_types WHERE module = 'core' AND type IN ('export.begun', 'secret.used');
