DROP TABLE core.plugin_processes, core.plugin_errors, core.plugin_bisections;
DELETE FROM core.plugin_pauses WHERE code = 'bisection';
ALTER TABLE core.plugin_pauses
    DROP CONSTRAINT plugin_pauses_code_check,
    ADD CONSTRAINT plugin_pauses_code_check CHECK (code IN ('operator', 'crashes', 'crashes_at_load'));
UPDATE core.modules SET state = 'discovered' WHERE state = 'uninstalled';
ALTER TABLE core.modules
    DROP CONSTRAINT modules_state_check,
    ADD CONSTRAINT modules_state_check CHECK (state IN ('discovered', 'checked', 'loaded', 'active', 'paused'));
