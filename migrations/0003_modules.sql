-- Modules as this installation knows them, and what each tenant made of them.

CREATE TABLE core.modules (
    id         text        PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{1,30}$'),
    version    text        NOT NULL CHECK (length(version) <= 50),
    title      text        NOT NULL CHECK (length(title) <= 200),
    state      text        NOT NULL CHECK (state IN ('discovered', 'checked', 'loaded', 'active', 'paused')),
    -- why it is paused
    reason     text        CHECK (length(reason) <= 2000),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.modules
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

-- No foreign key to modules: a tenant's choice outlives a module that is taken away and put back.
CREATE TABLE core.tenant_modules (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    module_id  text        NOT NULL CHECK (module_id ~ '^[a-z][a-z0-9_]{1,30}$'),
    enabled    boolean     NOT NULL DEFAULT true,
    settings   jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, module_id)
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.tenant_modules
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

GRANT SELECT, INSERT, DELETE ON core.modules, core.tenant_modules TO romashka_auth;
GRANT UPDATE (version, title, state, reason) ON core.modules TO romashka_auth;
GRANT UPDATE (enabled, settings) ON core.tenant_modules TO romashka_auth;
GRANT SELECT ON core.modules, core.tenant_modules TO romashka_worker, romashka_operator;
GRANT UPDATE (state, reason) ON core.modules TO romashka_worker;
