-- Reads that somebody may have to answer for are told of as changes are: a list that is written out whole, and what a
-- module does with a tenant's secret.
INSERT INTO core.event_types (type, module, version)
VALUES ('export.begun', 'core', 1), ('secret.used', 'core', 1);

-- When a use was last told of: one use in an hour is, so that a hook that asks for its secret at each call says no more.
ALTER TABLE core.module_secrets ADD COLUMN used_at timestamptz;
GRANT UPDATE (used_at) ON core.module_secrets TO romashka_auth;

-- A use changes nothing.
DROP TRIGGER touch_updated_at ON core.module_secrets;
CREATE TRIGGER touch_updated_at
BEFORE UPDATE OF sealed ON core.module_secrets
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();
DROP TRIGGER tell_of_change ON core.module_secrets;
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OF sealed OR DELETE ON core.module_secrets FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('secret', 'modules.write', 'tenant_id', 'module_id name', 'sealed');
