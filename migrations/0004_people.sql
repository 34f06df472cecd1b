-- People in full: roles of a tenant's own making, teams, invitations, second factors, keys, and how each is undone.

-- An account belongs to its person, or to the tenant whose admin made it. Only its own person can use an account in
-- another tenant, so that no admin can prepare an account for somebody whom another tenant will trust later.
ALTER TABLE core.accounts
    DROP CONSTRAINT accounts_email_key,
    ADD COLUMN managed_by        uuid REFERENCES core.tenants (id) ON DELETE CASCADE,
    -- the secret of one-time codes is derived from the master secret and this
    ADD COLUMN totp_salt         bytea CHECK (octet_length(totp_salt) = 16),
    ADD COLUMN totp_confirmed_at timestamptz,
    -- no code counts twice
    ADD COLUMN totp_last_step    bigint NOT NULL DEFAULT 0,
    ADD CHECK (totp_confirmed_at IS NULL OR totp_salt IS NOT NULL);
CREATE UNIQUE INDEX accounts_email ON core.accounts (email) WHERE managed_by IS NULL;
CREATE UNIQUE INDEX accounts_managed_email ON core.accounts (managed_by, email) WHERE managed_by IS NOT NULL;

CREATE TABLE core.recovery_codes (
    account_id uuid        NOT NULL REFERENCES core.accounts (id) ON DELETE CASCADE,
    hash       bytea       NOT NULL CHECK (octet_length(hash) = 32),
    used_at    timestamptz,
    PRIMARY KEY (account_id, hash)
);

CREATE TABLE core.password_resets (
    id         uuid        PRIMARY KEY,
    account_id uuid        NOT NULL REFERENCES core.accounts (id) ON DELETE CASCADE,
    hash       bytea       NOT NULL CHECK (octet_length(hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX password_resets_account ON core.password_resets (account_id);

-- Attempts to log in, by hashes of who tried: no address and no name is kept.
CREATE TABLE core.login_throttles (
    key            bytea       PRIMARY KEY CHECK (octet_length(key) = 32),
    attempts       integer     NOT NULL CHECK (attempts > 0),
    window_ends_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX login_throttles_end ON core.login_throttles (window_ends_at);

CREATE TABLE core.roles (
    tenant_id   uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    -- {"conversations.read": "all" | "team" | "assigned"}
    permissions jsonb       NOT NULL CHECK (jsonb_typeof(permissions) = 'object'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.roles
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

-- The address stands here too, so that a tenant has each at most once, whoever manages the account.
ALTER TABLE core.profiles
    DROP CONSTRAINT profiles_role_check,
    ADD COLUMN email   text,
    ADD COLUMN role_id uuid,
    -- counts changes of role and status; tokens of an earlier count no longer hold
    ADD COLUMN epoch   bigint NOT NULL DEFAULT 0;
UPDATE core.profiles AS p SET email = a.email FROM core.accounts AS a WHERE a.id = p.account_id;
-- whoever was there first owns the tenant
UPDATE core.profiles AS p
SET role = 'owner'
WHERE p.role = 'admin'
  AND NOT EXISTS (
      SELECT
      FROM core.profiles AS older
      WHERE older.tenant_id = p.tenant_id AND older.role = 'admin' AND older.id < p.id);
ALTER TABLE core.profiles
    ALTER COLUMN email SET NOT NULL,
    ADD CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    ADD CHECK (role IN ('owner', 'admin', 'agent', 'viewer', 'custom')),
    ADD CHECK ((role = 'custom') = (role_id IS NOT NULL)),
    ADD UNIQUE (tenant_id, email),
    ADD FOREIGN KEY (tenant_id, role_id) REFERENCES core.roles (tenant_id, id);
CREATE INDEX profiles_email ON core.profiles (email);
CREATE INDEX profiles_role_id ON core.profiles (tenant_id, role_id);

CREATE TABLE core.teams (
    tenant_id  uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.teams
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

CREATE TABLE core.team_members (
    tenant_id  uuid NOT NULL,
    team_id    uuid NOT NULL,
    profile_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, team_id, profile_id),
    FOREIGN KEY (tenant_id, team_id) REFERENCES core.teams (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, profile_id) REFERENCES core.profiles (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX team_members_profile ON core.team_members (tenant_id, profile_id, team_id);

CREATE TABLE core.invitations (
    tenant_id   uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    email       text        NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    role        text        NOT NULL CHECK (role IN ('owner', 'admin', 'agent', 'viewer', 'custom')),
    role_id     uuid,
    hash        bytea       NOT NULL CHECK (octet_length(hash) = 32),
    invited_by  uuid,
    expires_at  timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CHECK ((role = 'custom') = (role_id IS NOT NULL)),
    FOREIGN KEY (tenant_id, role_id) REFERENCES core.roles (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, invited_by) REFERENCES core.profiles (tenant_id, id) ON DELETE SET NULL (invited_by)
);
-- one open invitation for an address
CREATE UNIQUE INDEX invitations_open
    ON core.invitations (tenant_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_role_id ON core.invitations (tenant_id, role_id);
CREATE INDEX invitations_invited_by ON core.invitations (tenant_id, invited_by);

CREATE TABLE core.api_keys (
    tenant_id           uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    id                  uuid        NOT NULL,
    name                text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- of a secret of 160 bits, which needs no slow hash
    hash                bytea       NOT NULL CHECK (octet_length(hash) = 32),
    permissions         text[]      NOT NULL CHECK (cardinality(permissions) BETWEEN 1 AND 200),
    requests_per_minute integer     CHECK (requests_per_minute BETWEEN 1 AND 1000000),
    created_by          uuid,
    last_used_at        timestamptz,
    expires_at          timestamptz,
    revoked_at          timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES core.profiles (tenant_id, id) ON DELETE SET NULL (created_by)
);
-- a key says its id, not its tenant
CREATE INDEX api_keys_id ON core.api_keys (id);
CREATE INDEX api_keys_created_by ON core.api_keys (tenant_id, created_by);

-- An operator who acts as a member, for a reason and a time.
CREATE TABLE core.impersonations (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    profile_id  uuid        NOT NULL,
    -- no reference: the trace outlives the operator's token
    operator_id uuid        NOT NULL,
    reason      text        NOT NULL CHECK (length(reason) BETWEEN 10 AND 500),
    may_write   boolean     NOT NULL DEFAULT false,
    expires_at  timestamptz NOT NULL CHECK (expires_at <= created_at + interval '11 minutes'),
    ended_at    timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, profile_id) REFERENCES core.profiles (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX impersonations_profile ON core.impersonations (tenant_id, profile_id);

ALTER TABLE core.sessions
    ADD COLUMN second_factor boolean NOT NULL DEFAULT false;

-- Signing keys of access tokens, by name; the secret is derived from the master secret and the name.
CREATE TABLE core.token_keys (
    id         text        PRIMARY KEY CHECK (id ~ '^[a-z0-9]{1,32}$'),
    -- every process knows the key before the first signs with it
    signs_from timestamptz NOT NULL,
    ends_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO core.token_keys (id, signs_from) VALUES ('k1', '2000-01-01T00:00:00Z');

ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN ('tenant', 'module', 'session', 'profile', 'role', 'token_key'));

GRANT SELECT, INSERT, DELETE ON
    core.recovery_codes, core.password_resets, core.login_throttles, core.roles, core.teams, core.team_members,
    core.invitations, core.api_keys, core.impersonations, core.token_keys
TO romashka_auth;
GRANT UPDATE (managed_by, totp_salt, totp_confirmed_at, totp_last_step) ON core.accounts TO romashka_auth;
GRANT UPDATE (used_at) ON core.recovery_codes, core.password_resets TO romashka_auth;
GRANT UPDATE (attempts, window_ends_at) ON core.login_throttles TO romashka_auth;
GRANT UPDATE (name, permissions) ON core.roles TO romashka_auth;
GRANT UPDATE (name) ON core.teams TO romashka_auth;
GRANT UPDATE (role_id, email, epoch) ON core.profiles TO romashka_auth;
GRANT UPDATE (hash, expires_at, accepted_at, revoked_at) ON core.invitations TO romashka_auth;
GRANT UPDATE (name, permissions, requests_per_minute, last_used_at, expires_at, revoked_at)
    ON core.api_keys TO romashka_auth;
GRANT UPDATE (ended_at) ON core.impersonations TO romashka_auth;
GRANT UPDATE (second_factor) ON core.sessions TO romashka_auth;
GRANT UPDATE (ends_at) ON core.token_keys TO romashka_auth;

GRANT SELECT, DELETE ON core.password_resets, core.login_throttles, core.invitations TO romashka_worker;

GRANT SELECT ON core.roles, core.teams, core.team_members, core.impersonations, core.token_keys TO romashka_operator;
GRANT SELECT (id, email, managed_by, totp_confirmed_at, created_at, updated_at) ON core.accounts TO romashka_operator;
GRANT SELECT (tenant_id, id, email, role, role_id, invited_by, expires_at, accepted_at, revoked_at, created_at)
    ON core.invitations TO romashka_operator;
GRANT SELECT (tenant_id, id, name, permissions, requests_per_minute, created_by, last_used_at, expires_at, revoked_at,
              created_at)
    ON core.api_keys TO romashka_operator;
GRANT SELECT (second_factor) ON core.sessions TO romashka_operator;
