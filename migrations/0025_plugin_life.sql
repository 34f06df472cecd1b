-- The life of plugins: those that are uninstalled, the hunt for one that causes a trouble, what went wrong in each, and
-- which process has loaded what.

-- An uninstalled module stays out, whether its folder is there or not, until somebody installs it again.
ALTER TABLE core.modules
    DROP CONSTRAINT modules_state_check,
    ADD CONSTRAINT modules_state_check
        CHECK (state IN ('discovered', 'checked', 'loaded', 'active', 'paused', 'uninstalled'));

ALTER TABLE core.plugin_pauses
    DROP CONSTRAINT plugin_pauses_code_check,
    ADD CONSTRAINT plugin_pauses_code_check CHECK (code IN ('operator', 'crashes', 'crashes_at_load', 'bisection'));

-- One hunt at a time. How far it is follows from who takes part and what was answered so far.
CREATE TABLE core.plugin_bisections (
    singleton  boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    id         uuid        NOT NULL,
    -- [{"id": "knowledge", "requires": ["conversations"]}], what is required before those that require it
    modules    jsonb       NOT NULL CHECK (jsonb_typeof(modules) = 'array'),
    -- round by round, whether the trouble was gone
    answers    jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(answers) = 'array'),
    started_at timestamptz NOT NULL DEFAULT now()
);

-- What went wrong in a module for a tenant: neither what was asked nor what an error says, both of which may be a
-- tenant's data. Whoever writes keeps the newest few of each tenant and module.
CREATE TABLE core.plugin_errors (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    module_id  text        NOT NULL CHECK (module_id ~ '^[a-z][a-z0-9_]{1,30}$'),
    at         timestamptz NOT NULL,
    -- a problem's code, or an error's type
    code       text        NOT NULL CHECK (length(code) BETWEEN 1 AND 200),
    -- a route's template, a hook or a kind of job
    place      text        CHECK (length(place) BETWEEN 1 AND 300),
    -- of the request, or the job's id
    request_id text        CHECK (length(request_id) <= 128),
    host       text        NOT NULL CHECK (length(host) BETWEEN 1 AND 255),
    process    int8        NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX plugin_errors_of_tenant ON core.plugin_errors (tenant_id, module_id, id);
-- an operator asks for those of all tenants
CREATE INDEX plugin_errors_module ON core.plugin_errors (module_id, id);

-- The processes that run plugins' code. Who has not been heard of until expires_at is gone.
CREATE TABLE core.plugin_processes (
    id         uuid        PRIMARY KEY,
    kind       text        NOT NULL CHECK (kind IN ('serve', 'work')),
    host       text        NOT NULL CHECK (length(host) BETWEEN 1 AND 255),
    process    int8        NOT NULL,
    -- the platform's own
    version    text        NOT NULL CHECK (length(version) <= 50),
    -- {"knowledge": {"version": "0.1.0", "reason": null}}; a reason says why it is not loaded
    plugins    jsonb       NOT NULL CHECK (jsonb_typeof(plugins) = 'object'),
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, DELETE ON core.plugin_bisections, core.plugin_errors, core.plugin_processes TO romashka_auth;
GRANT UPDATE (answers) ON core.plugin_bisections TO romashka_auth;
GRANT UPDATE (expires_at) ON core.plugin_processes TO romashka_auth;
GRANT SELECT ON core.plugin_bisections, core.plugin_errors, core.plugin_processes TO romashka_operator;
