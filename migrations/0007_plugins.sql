-- Plugins that an operator, or their own crashes, took out of service on every process.

CREATE TABLE core.plugin_pauses (
    module_id   text        PRIMARY KEY CHECK (module_id ~ '^[a-z][a-z0-9_]{1,30}$'),
    code        text        NOT NULL CHECK (code IN ('operator', 'crashes', 'crashes_at_load')),
    detail      text        NOT NULL CHECK (length(detail) BETWEEN 1 AND 500),
    -- empty: the kernel did it
    operator_id uuid,
    paused_at   timestamptz NOT NULL DEFAULT now()
);

-- Each time a plugin ended a process. Those before the last resume are forgiven.
CREATE TABLE core.plugin_crashes (
    id          uuid        PRIMARY KEY,
    module_id   text        NOT NULL CHECK (module_id ~ '^[a-z][a-z0-9_]{1,30}$'),
    phase       text        NOT NULL CHECK (phase IN ('load', 'run')),
    signal      int4        NOT NULL CHECK (signal BETWEEN 1 AND 64),
    host        text        NOT NULL CHECK (length(host) BETWEEN 1 AND 255),
    process     int8        NOT NULL,
    crashed_at  timestamptz NOT NULL,
    is_forgiven boolean     NOT NULL DEFAULT false,
    -- a process crashes once, and its note may be read twice
    UNIQUE (host, process, crashed_at)
);
CREATE INDEX plugin_crashes_unforgiven ON core.plugin_crashes (module_id, crashed_at) WHERE NOT is_forgiven;

-- Settings that nobody may read back, sealed for tenant, module and name (AES-256-GCM).
CREATE TABLE core.module_secrets (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    module_id  text        NOT NULL CHECK (module_id ~ '^[a-z][a-z0-9_]{1,30}$'),
    name       text        NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    sealed     bytea       NOT NULL CHECK (octet_length(sealed) BETWEEN 28 AND 65536),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, module_id, name)
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.module_secrets
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN ('tenant', 'module', 'session', 'profile', 'role', 'token_key', 'plugin'));

GRANT SELECT, INSERT, DELETE ON core.plugin_pauses TO romashka_auth;
GRANT UPDATE (code, detail, operator_id, paused_at) ON core.plugin_pauses TO romashka_auth;
GRANT SELECT, INSERT ON core.plugin_crashes TO romashka_auth;
GRANT UPDATE (is_forgiven) ON core.plugin_crashes TO romashka_auth;
GRANT SELECT, INSERT, DELETE ON core.module_secrets TO romashka_auth;
GRANT UPDATE (sealed) ON core.module_secrets TO romashka_auth;
