-- What goes out by mail waits in the tables themselves until the server has taken it. Keys of sessions take turns. And
-- the limit of members is kept where members are made.

-- Who asked for a new password. Everybody's request is noted in the same way; who is meant, if anybody, is looked up
-- when the mail is sent, so that neither the answer nor its time tells who has an account.
CREATE TABLE core.password_reset_requests (
    id         uuid        PRIMARY KEY,
    email      text        NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    -- of a tenant that may not exist
    slug       text        CHECK (length(slug) <= 63),
    attempts   smallint    NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at     timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX password_reset_requests_due ON core.password_reset_requests (due_at);

ALTER TABLE core.invitations
    -- set while a mail is to be sent
    ADD COLUMN mail_due_at   timestamptz,
    ADD COLUMN mail_attempts smallint    NOT NULL DEFAULT 0 CHECK (mail_attempts >= 0),
    ADD COLUMN mailed_at     timestamptz;
CREATE INDEX invitations_mail_due ON core.invitations (mail_due_at) WHERE mail_due_at IS NOT NULL;

GRANT SELECT, INSERT, DELETE ON core.password_reset_requests TO romashka_auth;
GRANT UPDATE (attempts, due_at) ON core.password_reset_requests TO romashka_auth;
GRANT UPDATE (mail_due_at, mail_attempts, mailed_at) ON core.invitations TO romashka_auth;
GRANT SELECT, DELETE ON core.password_reset_requests TO romashka_worker;
GRANT SELECT (mail_due_at, mail_attempts, mailed_at) ON core.invitations TO romashka_operator;

-- Since when each key signs the sessions of the database; the keys themselves are in core.session_keys, which nobody
-- but the keyholder reads. Every process knows of a key before its time comes. Without a row it is key 1.
CREATE TABLE core.session_key_turns (
    kid        smallint    PRIMARY KEY CHECK (kid BETWEEN 1 AND 99),
    signs_from timestamptz NOT NULL
);

ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN (
        'tenant', 'module', 'session', 'profile', 'role', 'token_key', 'plugin', 'customer', 'session_key'));

GRANT SELECT ON core.session_key_turns TO romashka_auth, romashka_worker, romashka_operator;

-- However people come in: added, invited, by a provider. The lock lets one at a time count, so that many at once do not
-- all find the last place free.
CREATE FUNCTION core.require_room_for_member()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    allowed bigint;
BEGIN
    SELECT ((p.limits || t.limits) ->> 'members')::bigint
    INTO allowed
    FROM core.tenants AS t
    JOIN core.plans AS p ON p.id = t.plan
    WHERE t.id = NEW.tenant_id
    FOR NO KEY UPDATE OF t;
    IF allowed <= (SELECT count(*) FROM core.profiles AS m WHERE m.tenant_id = NEW.tenant_id) THEN
        RAISE EXCEPTION 'the limit of members is reached' USING ERRCODE = 'RM001';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER require_room
BEFORE INSERT ON core.profiles
FOR EACH ROW EXECUTE FUNCTION core.require_room_for_member();

-- Idempotency keys of operators, who belong to no tenant.
CREATE TABLE core.operator_idempotency_keys (
    operator_id uuid        NOT NULL,
    key_hash    bytea       NOT NULL CHECK (octet_length(key_hash) = 32),
    fingerprint bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    status      smallint    CHECK (status BETWEEN 200 AND 599),
    answer      bytea       CHECK (octet_length(answer) <= 4194304),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (operator_id, key_hash)
);
GRANT SELECT, INSERT, DELETE ON core.operator_idempotency_keys TO romashka_auth;
GRANT UPDATE (status, answer) ON core.operator_idempotency_keys TO romashka_auth;
GRANT SELECT (ctid, created_at), DELETE ON core.operator_idempotency_keys TO romashka_worker;
