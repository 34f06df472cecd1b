DELETE FROM core.event_types WHERE type LIKE 'customer\_key.%' OR type LIKE 'customer\_tokens.%';
DELETE FROM core.changes WHERE kind = 'customer';
ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN ('tenant', 'module', 'session', 'profile', 'role', 'token_key', 'plugin'));
DROP TABLE core.customer_epochs;
DROP TABLE core.customer_keys;
