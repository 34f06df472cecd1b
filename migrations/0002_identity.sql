-- People: an account is a person across tenants, a profile is that person in one tenant.

CREATE TABLE core.accounts (
    id            uuid        PRIMARY KEY,
    -- normalised by the kernel; unique across tenants, hence readable by no tenant's role
    email         text        NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    -- PHC string; empty until an invitation is accepted
    password_hash text        CHECK (length(password_hash) <= 500),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.accounts
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

CREATE TABLE core.profiles (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    account_id uuid        NOT NULL REFERENCES core.accounts (id),
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role       text        NOT NULL CHECK (role IN ('admin', 'agent')),
    status     text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id)
);
-- login asks which tenants an account belongs to
CREATE INDEX profiles_account ON core.profiles (account_id);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.profiles
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

-- A refresh token names its session and counter; the row holds the current one's hash and the one before it:
-- the previous one again means a lost answer, an older one means theft.
CREATE TABLE core.sessions (
    tenant_id       uuid        NOT NULL,
    id              uuid        NOT NULL,
    profile_id      uuid        NOT NULL,
    refresh_counter bigint      NOT NULL DEFAULT 0 CHECK (refresh_counter >= 0),
    rotated_at      timestamptz NOT NULL DEFAULT now(),
    last_used_at    timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    revoked_at      timestamptz,
    revoked_reason  text        CHECK (length(revoked_reason) <= 100),
    user_agent      text        CHECK (length(user_agent) <= 500),
    address         text        CHECK (length(address) <= 64),
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, profile_id) REFERENCES core.profiles (tenant_id, id) ON DELETE CASCADE
) WITH (fillfactor = 85);
CREATE INDEX sessions_profile ON core.sessions (tenant_id, profile_id, id DESC);
-- the worker deletes what has expired, of every tenant
CREATE INDEX sessions_expiry ON core.sessions (expires_at);

-- An operator's token: no tenant, its own audience.
CREATE TABLE core.operator_tokens (
    id           uuid        PRIMARY KEY,
    hash         bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    last_used_at timestamptz,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT ON core.accounts, core.profiles, core.sessions, core.operator_tokens TO romashka_auth;
GRANT UPDATE (email, password_hash) ON core.accounts TO romashka_auth;
GRANT UPDATE (name, role, status) ON core.profiles TO romashka_auth;
GRANT UPDATE (refresh_counter, rotated_at, last_used_at, expires_at, revoked_at,
              revoked_reason, user_agent, address)
    ON core.sessions TO romashka_auth;
GRANT UPDATE (name, last_used_at, expires_at, revoked_at) ON core.operator_tokens TO romashka_auth;
GRANT DELETE ON core.accounts, core.profiles, core.sessions TO romashka_auth;

GRANT SELECT ON core.profiles TO romashka_worker;
GRANT SELECT, DELETE ON core.sessions TO romashka_worker;

-- No password, no hash of a token.
GRANT SELECT ON core.profiles TO romashka_operator;
GRANT SELECT (id, email, created_at, updated_at) ON core.accounts TO romashka_operator;
GRANT SELECT (tenant_id, id, profile_id, refresh_counter, rotated_at, last_used_at, expires_at, revoked_at,
              revoked_reason, user_agent, address, created_at)
    ON core.sessions TO romashka_operator;
GRANT SELECT (id, name, last_used_at, expires_at, revoked_at, created_at) ON core.operator_tokens TO romashka_operator;
