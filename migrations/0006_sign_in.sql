-- Sign-in through a tenant's own OpenID Connect provider.

-- Whoever first comes through a provider gets an account of their own, without an address: the provider's word for
-- an address must not open, or be taken for, the account that has it here.
ALTER TABLE core.accounts ALTER COLUMN email DROP NOT NULL;
ALTER TABLE core.profiles ALTER COLUMN email DROP NOT NULL;

CREATE TABLE core.oidc_connections (
    tenant_id     uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id            uuid        NOT NULL,
    name          text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    issuer        text        NOT NULL CHECK (issuer ~ '^https?://[^/?#@]' AND issuer !~ '[?#]' AND length(issuer) <= 255),
    client_id     text        NOT NULL CHECK (length(client_id) BETWEEN 1 AND 255),
    -- sealed by the kernel for this row alone; empty for a client that has none
    client_secret bytea       CHECK (octet_length(client_secret) <= 1024),
    -- what becomes of somebody who is not known yet
    provisioning  text        NOT NULL DEFAULT 'refuse' CHECK (provisioning IN ('refuse', 'create')),
    enabled       boolean     NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
-- a browser names the connection before a tenant is known
CREATE INDEX oidc_connections_id ON core.oidc_connections (id);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.oidc_connections
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

-- Who somebody is by a provider's word: issuer and subject (OpenID Connect Core 1.0 §5.7), never the address.
CREATE TABLE core.oidc_identities (
    tenant_id     uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    issuer        text        NOT NULL CHECK (length(issuer) <= 255),
    subject       text        NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    profile_id    uuid        NOT NULL,
    last_used_at  timestamptz NOT NULL DEFAULT now(),
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, connection_id, issuer, subject),
    UNIQUE (tenant_id, profile_id, connection_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES core.oidc_connections (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, profile_id) REFERENCES core.profiles (tenant_id, id) ON DELETE CASCADE
);

-- States that came back, until they would have expired: none comes back twice.
CREATE TABLE core.oidc_used_states (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX oidc_used_states_expiry ON core.oidc_used_states (tenant_id, expires_at);

GRANT SELECT, INSERT, DELETE ON core.oidc_connections, core.oidc_identities, core.oidc_used_states TO romashka_auth;
GRANT UPDATE (name, issuer, client_id, client_secret, provisioning, enabled) ON core.oidc_connections TO romashka_auth;
GRANT UPDATE (last_used_at) ON core.oidc_identities TO romashka_auth;
