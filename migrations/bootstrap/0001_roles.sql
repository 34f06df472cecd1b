-- Cluster-wide roles. Superuser, idempotent. Passwords are set afterwards, as SCRAM verifiers.

-- Roles are shared by every database of the cluster: two installations must not race.
SELECT pg_advisory_xact_lock(7267620140);

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT *
        FROM (VALUES
            -- owns the session keys and the functions that read them, nothing else
            ('romashka_keyholder', 'NOLOGIN'),
            -- owns the kernel's schema
            ('romashka_owner',     'NOLOGIN'),
            -- owns the generated search functions
            ('romashka_searcher',  'NOLOGIN'),
            -- owns the function that erases a tenant
            ('romashka_eraser',    'NOLOGIN'),
            -- every module's login role is a member: what all modules may call is granted here, once
            ('romashka_modules',   'NOLOGIN'),
            -- the look-ups before a tenant is known
            ('romashka_auth',      'LOGIN'),
            -- claims jobs, relays events, makes partitions
            ('romashka_worker',    'LOGIN'),
            -- reads the kernel's tables across tenants
            ('romashka_operator',  'LOGIN')
        ) AS roles (name, login)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I', wanted.name);
        END IF;
        -- Said again on every run: a role that drifted is set right.
        EXECUTE format(
            'ALTER ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT',
            wanted.name, wanted.login);
    END LOOP;
END
$$;

ALTER ROLE romashka_operator SET default_transaction_read_only = 'on';

-- Monitoring shows the text of statements; it carries no tenant's data, every value is a bind parameter.
GRANT pg_read_all_stats TO romashka_operator;

-- Compiling costs more than any statement of ours gains.
ALTER ROLE romashka_auth SET jit = 'off';
ALTER ROLE romashka_worker SET jit = 'off';
ALTER ROLE romashka_operator SET jit = 'off';

-- The tables of jobs fill and empty all the time: a plan made while one was empty must not scan it when it is full.
ALTER ROLE romashka_worker SET enable_seqscan = 'off';
