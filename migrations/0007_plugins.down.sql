DELETE FROM core.changes WHERE kind = 'plugin';
ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN ('tenant', 'module', 'session', 'profile', 'role', 'token_key'));
DROP TABLE core.module_secrets;
DROP TABLE core.plugin_crashes;
DROP TABLE core.plugin_pauses;
