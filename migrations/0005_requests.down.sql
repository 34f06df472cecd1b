DROP TABLE core.erasures;
DROP TABLE core.system_settings;
ALTER TABLE core.tenants
    DROP COLUMN plan,
    DROP COLUMN limits,
    DROP COLUMN settings;
DROP TABLE core.plans;
DROP FUNCTION core.idempotency(bytea, bytea);
DROP TABLE core.idempotency_keys;
REVOKE ALL ON core.tenants FROM romashka_eraser;
REVOKE ALL (managed_by) ON core.accounts FROM romashka_eraser;
