-- The session in the database where no superuser can grant SET ON PARAMETER. Idempotent.
-- The other implementation is session_privileged.sql; both offer the same functions.
--
-- The claims stand in a parameter anyone may set, with a second MAC over the connection's process, the
-- transaction's start and the claims: what was stashed in one transaction is worth nothing in the next.

CREATE TABLE IF NOT EXISTS core.session_keys (
    kid       smallint PRIMARY KEY CHECK (kid BETWEEN 0 AND 99),
    -- key XOR ipad and key XOR opad of HMAC-SHA256
    inner_pad bytea NOT NULL CHECK (octet_length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (octet_length(outer_pad) = 64),
    not_after timestamptz
);
ALTER TABLE core.session_keys OWNER TO romashka_keyholder;
REVOKE ALL ON core.session_keys FROM PUBLIC;

-- The claims of this transaction; raises without a session.
-- Every name is qualified instead of a pinned search_path: this runs once per table of every statement.
CREATE OR REPLACE FUNCTION core.session_claims()
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL RESTRICTED
SECURITY DEFINER
AS $$
DECLARE
    stored pg_catalog.text := pg_catalog.current_setting('romashka.session', true);
    claims pg_catalog.text := pg_catalog.left(stored, -64);
    signed pg_catalog.text;
BEGIN
    SELECT claims OPERATOR(pg_catalog.||) pg_catalog.encode(pg_catalog.sha256(
        k.outer_pad OPERATOR(pg_catalog.||) pg_catalog.sha256(
            -- 'session' keeps this MAC apart from a token's; the fixed-length fields come before the claims
            k.inner_pad OPERATOR(pg_catalog.||) '\x73657373696f6e'::pg_catalog.bytea
            OPERATOR(pg_catalog.||) pg_catalog.int4send(pg_catalog.pg_backend_pid())
            OPERATOR(pg_catalog.||) pg_catalog.timestamptz_send(pg_catalog.transaction_timestamp())
            OPERATOR(pg_catalog.||) pg_catalog.convert_to(claims, 'UTF8'))), 'hex')
    INTO signed
    FROM core.session_keys AS k
    WHERE k.kid OPERATOR(pg_catalog.=) (
        (pg_catalog.ascii(pg_catalog.substr(stored, 82, 1)) OPERATOR(pg_catalog.-) 48) OPERATOR(pg_catalog.*) 10
        OPERATOR(pg_catalog.+) pg_catalog.ascii(pg_catalog.substr(stored, 83, 1)) OPERATOR(pg_catalog.-) 48);

    -- Hashes first: the time of a plain comparison would tell how much of a guess is right.
    IF pg_catalog.hashtextextended(signed, 0) OPERATOR(pg_catalog.=) pg_catalog.hashtextextended(stored, 0)
       AND signed OPERATOR(pg_catalog.=) stored
    THEN
        RETURN claims;
    END IF;
    RAISE EXCEPTION USING ERRCODE = '28000', MESSAGE = 'no session';
END
$$;
ALTER FUNCTION core.session_claims() OWNER TO romashka_keyholder;

-- tenant(32),kind(1),actor(32),mode(1),expiry(10),kid(2),role and the MAC in 64 hex digits.
CREATE OR REPLACE FUNCTION core.open(token text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
DECLARE
    claims pg_catalog.text := pg_catalog.left(token, -64);
    body   pg_catalog.bytea := pg_catalog.convert_to(claims, 'UTF8');
    key    core.session_keys;
    signed pg_catalog.text;
BEGIN
    SELECT k.*
    INTO key
    FROM core.session_keys AS k
    WHERE k.kid OPERATOR(pg_catalog.=) (
        (pg_catalog.ascii(pg_catalog.substr(token, 82, 1)) OPERATOR(pg_catalog.-) 48) OPERATOR(pg_catalog.*) 10
        OPERATOR(pg_catalog.+) pg_catalog.ascii(pg_catalog.substr(token, 83, 1)) OPERATOR(pg_catalog.-) 48);

    signed := claims OPERATOR(pg_catalog.||) pg_catalog.encode(pg_catalog.sha256(
        key.outer_pad OPERATOR(pg_catalog.||) pg_catalog.sha256(
            key.inner_pad OPERATOR(pg_catalog.||) body)), 'hex');

    IF pg_catalog.hashtextextended(signed, 0) OPERATOR(pg_catalog.=) pg_catalog.hashtextextended(token, 0)
       AND signed OPERATOR(pg_catalog.=) token
       AND (key.not_after IS NULL OR key.not_after OPERATOR(pg_catalog.>) pg_catalog.statement_timestamp())
    THEN
        IF pg_catalog.to_timestamp(pg_catalog.substr(claims, 71, 10)::pg_catalog.float8)
           OPERATOR(pg_catalog.>=) pg_catalog.statement_timestamp()
        THEN
            -- A session may be opened once in a transaction; what another transaction left behind does not count.
            IF pg_catalog.current_setting('romashka.session', true) OPERATOR(pg_catalog.<>) '' THEN
                BEGIN
                    PERFORM core.session_claims();
                    RAISE EXCEPTION USING ERRCODE = '25001', MESSAGE = 'session refused';
                EXCEPTION
                    WHEN invalid_authorization_specification THEN
                        NULL;
                    WHEN active_sql_transaction THEN
                        RAISE EXCEPTION USING ERRCODE = '28000', MESSAGE = 'session refused';
                END;
            END IF;

            signed := pg_catalog.set_config('romashka.session',
                claims OPERATOR(pg_catalog.||) pg_catalog.encode(pg_catalog.sha256(
                    key.outer_pad OPERATOR(pg_catalog.||) pg_catalog.sha256(
                        key.inner_pad OPERATOR(pg_catalog.||) '\x73657373696f6e'::pg_catalog.bytea
                        OPERATOR(pg_catalog.||) pg_catalog.int4send(pg_catalog.pg_backend_pid())
                        OPERATOR(pg_catalog.||) pg_catalog.timestamptz_send(pg_catalog.transaction_timestamp())
                        OPERATOR(pg_catalog.||) body)), 'hex'),
                true);
            IF pg_catalog.substr(claims, 69, 1) OPERATOR(pg_catalog.=) 'r' THEN
                signed := pg_catalog.set_config('transaction_read_only', 'on', true);
            END IF;
            RETURN;
        END IF;
    END IF;

    RAISE EXCEPTION USING ERRCODE = '28000', MESSAGE = 'session refused';
END
$$;

CREATE OR REPLACE FUNCTION core.tenant_id()
RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL RESTRICTED
RETURN left(core.session_claims(), 32)::uuid;

CREATE OR REPLACE FUNCTION core.actor_kind()
RETURNS text
LANGUAGE sql
STABLE
PARALLEL RESTRICTED
RETURN substr(core.session_claims(), 34, 1);

CREATE OR REPLACE FUNCTION core.actor_id()
RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL RESTRICTED
RETURN substr(core.session_claims(), 36, 32)::uuid;

CREATE OR REPLACE FUNCTION core.actor_role()
RETURNS text
LANGUAGE sql
STABLE
PARALLEL RESTRICTED
RETURN substr(core.session_claims(), 85);

-- The customer who acts, or NULL when it is anyone else.
CREATE OR REPLACE FUNCTION core.customer()
RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL RESTRICTED
-- one call of session_claims(), each checks a MAC; no match is NULL
RETURN substring(core.session_claims() FROM '^.{33}c,(.{32})')::uuid;

ALTER FUNCTION core.open(text) OWNER TO romashka_keyholder;
ALTER FUNCTION core.tenant_id() OWNER TO romashka_keyholder;
ALTER FUNCTION core.actor_kind() OWNER TO romashka_keyholder;
ALTER FUNCTION core.actor_id() OWNER TO romashka_keyholder;
ALTER FUNCTION core.actor_role() OWNER TO romashka_keyholder;
ALTER FUNCTION core.customer() OWNER TO romashka_keyholder;

REVOKE ALL ON FUNCTION
    core.open(text), core.session_claims(),
    core.tenant_id(), core.actor_kind(), core.actor_id(), core.actor_role(), core.customer()
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.open(text) TO romashka_modules, romashka_auth, romashka_worker;
GRANT EXECUTE ON FUNCTION
    core.session_claims(),
    core.tenant_id(), core.actor_kind(), core.actor_id(), core.actor_role(), core.customer()
TO romashka_modules, romashka_owner, romashka_searcher, romashka_auth, romashka_worker, romashka_operator;

-- Left behind by the other implementation; nothing calls it any more.
DROP FUNCTION IF EXISTS core.load_session_key(text);
