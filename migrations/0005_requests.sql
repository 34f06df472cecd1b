-- What requests leave behind: idempotency keys. And what operators set: plans, limits, settings of the installation.

-- A claim commits together with the request's effect; the answer is added after it.
CREATE TABLE core.idempotency_keys (
    tenant_id   uuid        NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    actor_id    uuid        NOT NULL,
    key_hash    bytea       NOT NULL CHECK (octet_length(key_hash) = 32),
    -- of method, path and body: another request under the same key is refused
    fingerprint bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- empty until the answer is known
    status      smallint    CHECK (status BETWEEN 200 AND 599),
    answer      bytea       CHECK (octet_length(answer) <= 4194304),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, actor_id, key_hash)
);
CREATE INDEX idempotency_keys_age ON core.idempotency_keys (created_at);

-- For modules, whose roles write nothing in core: claims a key for the actor of the session, or fails.
CREATE FUNCTION core.idempotency(key_hash bytea, fingerprint bytea)
RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO core.idempotency_keys (tenant_id, actor_id, key_hash, fingerprint)
    VALUES (core.tenant_id(), core.actor_id(), idempotency.key_hash, idempotency.fingerprint);
END;
GRANT EXECUTE ON FUNCTION core.idempotency(bytea, bytea) TO romashka_modules;

ALTER TABLE core.tenants
    ADD COLUMN plan     text  NOT NULL DEFAULT 'standard' CHECK (length(plan) BETWEEN 1 AND 40),
    -- what differs from the plan; a limit that is not named does not hold
    ADD COLUMN limits   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(limits) = 'object'),
    ADD COLUMN settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object');

CREATE TABLE core.plans (
    id         text        PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{0,39}$'),
    limits     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(limits) = 'object'),
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO core.plans (id) VALUES ('standard');
ALTER TABLE core.tenants ADD FOREIGN KEY (plan) REFERENCES core.plans (id);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.plans
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

CREATE TABLE core.system_settings (
    key        text        PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_.]{0,79}$'),
    value      jsonb       NOT NULL,
    -- readable by anybody
    is_public  boolean     NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.system_settings
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

-- What remains of an erased tenant: that it is gone, and the proof.
CREATE TABLE core.erasures (
    id            uuid        PRIMARY KEY,
    erased_tenant uuid        NOT NULL,
    operator_id   uuid        NOT NULL,
    -- {"schema.table": {"erased": 12, "left": 0}}
    proof         jsonb       NOT NULL CHECK (jsonb_typeof(proof) = 'object'),
    created_at    timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, DELETE ON core.tenants TO romashka_eraser;
GRANT SELECT (managed_by) ON core.accounts TO romashka_eraser;

GRANT SELECT, INSERT, DELETE ON core.idempotency_keys TO romashka_auth;
GRANT UPDATE (status, answer) ON core.idempotency_keys TO romashka_auth;
GRANT SELECT, INSERT, DELETE ON core.plans, core.system_settings TO romashka_auth;
GRANT UPDATE (limits) ON core.plans TO romashka_auth;
GRANT UPDATE (value, is_public) ON core.system_settings TO romashka_auth;
GRANT UPDATE (plan, limits, settings) ON core.tenants TO romashka_auth;
GRANT SELECT, INSERT ON core.erasures TO romashka_auth;

GRANT SELECT (tenant_id, created_at), DELETE ON core.idempotency_keys TO romashka_worker;
GRANT SELECT ON core.plans, core.system_settings, core.erasures TO romashka_operator;
