-- The session in the database, kept in a parameter that only the keyholder may set. Superuser, idempotent.
-- The other implementation is session_mac.sql; both offer the same functions.
--
-- backtrace_functions is a superuser's developer setting. Its value may hold letters, digits, '_' and ',' and does
-- nothing unless it names a C function that raises an error. Module roles can read it and cannot set it; RESET and
-- RESET ALL empty it, and no claims means an error, never "no rows".
--
-- session_preload_libraries is read by the server when a connection starts and never again; no role but the
-- keyholder may read or set it. So it keeps the key within a connection, and open() needs no query.

-- So both must start out empty.
DO $$
BEGIN
    IF EXISTS (
        SELECT
        FROM pg_catalog.pg_settings
        WHERE name IN ('backtrace_functions', 'session_preload_libraries') AND reset_val <> '')
    THEN
        RAISE EXCEPTION 'backtrace_functions or session_preload_libraries is set on this server'
            USING HINT = 'Unset it (shared_preload_libraries serves as well), or keep the session by session_mac.sql.';
    END IF;
END
$$;

GRANT SET ON PARAMETER backtrace_functions TO romashka_keyholder;
GRANT SET ON PARAMETER session_preload_libraries TO romashka_keyholder;
GRANT pg_read_all_settings TO romashka_keyholder;

CREATE TABLE IF NOT EXISTS core.session_keys (
    kid       smallint PRIMARY KEY CHECK (kid BETWEEN 0 AND 99),
    -- key XOR ipad and key XOR opad of HMAC-SHA256
    inner_pad bytea NOT NULL CHECK (octet_length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (octet_length(outer_pad) = 64),
    not_after timestamptz
);
ALTER TABLE core.session_keys OWNER TO romashka_keyholder;
REVOKE ALL ON core.session_keys FROM PUBLIC;

-- Slow path, once per connection and key. A key that is withdrawn before its time stays known to the connections
-- that used it: end them.
CREATE OR REPLACE FUNCTION core.load_session_key(wanted_kid text)
RETURNS bytea
LANGUAGE plpgsql
AS $$
DECLARE
    pads pg_catalog.bytea;
BEGIN
    SELECT k.inner_pad OPERATOR(pg_catalog.||) k.outer_pad
    INTO pads
    FROM core.session_keys AS k
    WHERE pg_catalog.lpad(k.kid::pg_catalog.text, 2, '0') OPERATOR(pg_catalog.=) wanted_kid
      AND (k.not_after IS NULL OR k.not_after OPERATOR(pg_catalog.>) pg_catalog.statement_timestamp());
    IF pads IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '28000', MESSAGE = 'session refused';
    END IF;
    PERFORM pg_catalog.set_config('session_preload_libraries', pg_catalog.encode(pads, 'hex'), false);
    RETURN pads;
END
$$;
ALTER FUNCTION core.load_session_key(text) OWNER TO romashka_keyholder;
REVOKE ALL ON FUNCTION core.load_session_key(text) FROM PUBLIC;

-- tenant(32),kind(1),actor(32),mode(1),expiry(10),kid(2),role and the MAC in 64 hex digits.
-- Every name is qualified instead of a pinned search_path: pinning costs more than the check of the MAC.
CREATE OR REPLACE FUNCTION core.open(token text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
DECLARE
    claims pg_catalog.text  := pg_catalog.left(token, -64);
    pads   pg_catalog.bytea := pg_catalog.decode(pg_catalog.current_setting('session_preload_libraries'), 'hex');
    signed pg_catalog.text  := claims OPERATOR(pg_catalog.||) pg_catalog.encode(pg_catalog.sha256(
        pg_catalog.substr(pads, 65, 64) OPERATOR(pg_catalog.||) pg_catalog.sha256(
            pg_catalog.substr(pads, 1, 64) OPERATOR(pg_catalog.||) pg_catalog.textsend(claims))), 'hex');
BEGIN
    -- Hashes first: the time of a plain comparison would tell how much of a guess is right.
    IF pg_catalog.hashtextextended(signed, 0) OPERATOR(pg_catalog.<>) pg_catalog.hashtextextended(token, 0) THEN
        pads   := core.load_session_key(pg_catalog.substr(token, 82, 2));
        signed := claims OPERATOR(pg_catalog.||) pg_catalog.encode(pg_catalog.sha256(
            pg_catalog.substr(pads, 65, 64) OPERATOR(pg_catalog.||) pg_catalog.sha256(
                pg_catalog.substr(pads, 1, 64) OPERATOR(pg_catalog.||) pg_catalog.textsend(claims))), 'hex');
        IF pg_catalog.hashtextextended(signed, 0) OPERATOR(pg_catalog.<>) pg_catalog.hashtextextended(token, 0) THEN
            RAISE EXCEPTION USING ERRCODE = '28000', MESSAGE = 'session refused';
        END IF;
    END IF;

    IF signed OPERATOR(pg_catalog.=) token
       AND pg_catalog.current_setting('backtrace_functions') OPERATOR(pg_catalog.=) ''
       AND pg_catalog.to_timestamp(pg_catalog.substr(claims, 71, 10)::pg_catalog.float8)
           OPERATOR(pg_catalog.>=) pg_catalog.statement_timestamp()
    THEN
        signed := pg_catalog.set_config('backtrace_functions', claims, true);
        IF pg_catalog.substr(claims, 69, 1) OPERATOR(pg_catalog.=) 'r' THEN
            signed := pg_catalog.set_config('transaction_read_only', 'on', true);
        END IF;
        RETURN;
    END IF;

    RAISE EXCEPTION USING ERRCODE = '28000', MESSAGE = 'session refused';
END
$$;

-- Without a session the setting is empty and the cast to uuid raises.
CREATE OR REPLACE FUNCTION core.tenant_id()
RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN left(current_setting('backtrace_functions'), 32)::uuid;

CREATE OR REPLACE FUNCTION core.actor_kind()
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN CASE
    WHEN left(current_setting('backtrace_functions'), 32)::uuid IS NOT NULL
    THEN substr(current_setting('backtrace_functions'), 34, 1)
END;

CREATE OR REPLACE FUNCTION core.actor_id()
RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN substr(current_setting('backtrace_functions'), 36, 32)::uuid;

CREATE OR REPLACE FUNCTION core.actor_role()
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN CASE
    WHEN left(current_setting('backtrace_functions'), 32)::uuid IS NOT NULL
    THEN substr(current_setting('backtrace_functions'), 85)
END;

-- The customer who acts, or NULL when it is anyone else.
CREATE OR REPLACE FUNCTION core.customer()
RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN CASE
    WHEN substr(current_setting('backtrace_functions'), 34, 1) = 'c'
    THEN substr(current_setting('backtrace_functions'), 36, 32)::uuid
    WHEN left(current_setting('backtrace_functions'), 32)::uuid IS NOT NULL
    THEN NULL
END;

ALTER FUNCTION core.open(text) OWNER TO romashka_keyholder;
ALTER FUNCTION core.tenant_id() OWNER TO romashka_keyholder;
ALTER FUNCTION core.actor_kind() OWNER TO romashka_keyholder;
ALTER FUNCTION core.actor_id() OWNER TO romashka_keyholder;
ALTER FUNCTION core.actor_role() OWNER TO romashka_keyholder;
ALTER FUNCTION core.customer() OWNER TO romashka_keyholder;

REVOKE ALL ON FUNCTION
    core.open(text), core.tenant_id(), core.actor_kind(), core.actor_id(), core.actor_role(), core.customer()
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.open(text) TO romashka_modules, romashka_auth, romashka_worker;
GRANT EXECUTE ON FUNCTION
    core.tenant_id(), core.actor_kind(), core.actor_id(), core.actor_role(), core.customer()
TO romashka_modules, romashka_owner, romashka_searcher, romashka_auth, romashka_worker, romashka_operator;

-- Left behind by the other implementation; nothing calls it any more.
DROP FUNCTION IF EXISTS core.session_claims();
