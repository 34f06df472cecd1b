-- Customers as principals.

-- How often the tokens of each were ended. A token that counts fewer no longer holds.
CREATE TABLE core.customer_epochs (
    tenant_id   uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    -- no reference: customers are a module's own
    customer_id uuid        NOT NULL,
    epoch       bigint      NOT NULL CHECK (epoch > 0),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, customer_id)
);

-- The keys with which a tenant's own system says who its customers are; a secret is derived from the master secret and
-- the key's id.
CREATE TABLE core.customer_keys (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    ends_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN ('tenant', 'module', 'session', 'profile', 'role', 'token_key', 'plugin', 'customer'));

GRANT SELECT, INSERT ON core.customer_epochs TO romashka_auth;
GRANT UPDATE (epoch, changed_at) ON core.customer_epochs TO romashka_auth;
GRANT SELECT ON core.customer_epochs TO romashka_operator;

GRANT SELECT, INSERT, DELETE ON core.customer_keys TO romashka_auth;
GRANT UPDATE (ends_at) ON core.customer_keys TO romashka_auth;
GRANT SELECT ON core.customer_keys TO romashka_operator;

CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.customer_keys FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('customer_key', 'sign_in.read', 'id', 'ends_at', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE ON core.customer_epochs FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('customer_tokens', 'conversations.read', 'customer_id', 'epoch', '');
INSERT INTO core.event_types (type, module, version)
VALUES ('customer_key.created', 'core', 1), ('customer_key.updated', 'core', 1), ('customer_key.deleted', 'core', 1),
       ('customer_tokens.created', 'core', 1), ('customer_tokens.updated', 'core', 1);
