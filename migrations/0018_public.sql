-- Ways in without a token of a person: addresses for hooks, and hosts under which visitors find a tenant.

CREATE TABLE core.hooks (
    tenant_id    uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id           uuid        NOT NULL,
    module_id    text        NOT NULL CHECK (module_id ~ '^[a-z][a-z0-9_]{1,30}$'),
    -- which of the module's hooks it leads to
    hook         text        NOT NULL CHECK (length(hook) BETWEEN 3 AND 80),
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- SHA-256 of the token, which has 192 random bits and is kept nowhere
    hash         bytea       NOT NULL CHECK (octet_length(hash) = 32),
    -- what those who call it may do, besides what the hook itself does
    permissions  text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(permissions) <= 50),
    created_by   uuid,
    rotated_at   timestamptz,
    -- to the minute
    last_used_at timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
-- a call names nothing but its token, before a tenant is known
CREATE INDEX hooks_hash ON core.hooks (hash);

GRANT SELECT, INSERT, DELETE ON core.hooks TO romashka_auth;
GRANT UPDATE (hash, rotated_at, last_used_at) ON core.hooks TO romashka_auth;
GRANT SELECT (tenant_id, id, module_id, hook, name, created_by, rotated_at, last_used_at, created_at)
    ON core.hooks TO romashka_operator;

-- A host belongs to one tenant; operators give it.
CREATE TABLE core.tenant_hosts (
    -- in small letters, without port and final dot: one spelling, so that the key tells of every claim to it
    host       text        PRIMARY KEY
               CHECK (length(host) <= 253 AND host ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$'),
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tenant_hosts_tenant ON core.tenant_hosts (tenant_id, host);

-- Its key spans tenants, so it is no tenant's table: only kernel roles reach it.
INSERT INTO core.table_rules (module, table_name, is_global) VALUES ('core', 'tenant_hosts', true);

GRANT SELECT, INSERT, DELETE ON core.tenant_hosts TO romashka_auth;
GRANT SELECT ON core.tenant_hosts TO romashka_worker, romashka_operator;

-- That an address has another token is told, and nothing of the token.
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.hooks FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('hook', 'hooks.read', 'id', 'module_id hook name', 'hash');
CREATE TRIGGER tell_of_change AFTER INSERT OR DELETE ON core.tenant_hosts FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('host', 'settings.read', 'tenant_id', 'host', '');

INSERT INTO core.event_types (type, module, version)
VALUES
    ('hook.created', 'core', 1), ('hook.updated', 'core', 1), ('hook.deleted', 'core', 1),
    ('host.created', 'core', 1), ('host.deleted', 'core', 1);
