-- The kernel's schema, its ledger, and the walls of this database. Superuser, idempotent.

CREATE SCHEMA IF NOT EXISTS core;
ALTER SCHEMA core OWNER TO romashka_owner;
REVOKE ALL ON SCHEMA core FROM PUBLIC;
GRANT USAGE ON SCHEMA core TO
    romashka_keyholder, romashka_searcher, romashka_modules,
    romashka_auth, romashka_worker, romashka_operator;

-- Functions only a superuser runs; the kernel's owner must not be able to replace them.
CREATE SCHEMA IF NOT EXISTS bootstrap;
REVOKE ALL ON SCHEMA bootstrap FROM PUBLIC;

-- No function of ours is ever executable by PUBLIC, not even between two statements.
ALTER DEFAULT PRIVILEGES FOR ROLE romashka_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE romashka_keyholder REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE romashka_searcher REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Full-text indexes lead with the tenant where this is available; without it they hold the vector alone.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'btree_gin') THEN
        CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA bootstrap;
    END IF;
END
$$;

-- ---------------------------------------------------------------------------------------------------------
-- What leaks by default
-- ---------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION core.closed_functions()
RETURNS TABLE (function regprocedure, reason text)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT p.oid::pg_catalog.regprocedure, rule.reason
    FROM pg_catalog.pg_proc AS p
    JOIN (VALUES
        ('^set_config$',                              'sets parameters from inside any expression'),
        ('^pg_notify$',                               'notifications are visible to every tenant'),
        ('^pg_(try_)?advisory_(xact_)?(un)?lock',     'locks are shared by every tenant'),
        ('^pg_(terminate|cancel)_backend$',           'a module''s connections serve every tenant'),
        ('^(lo_.*|loread|lowrite)$',                  'large objects know no row-level security'),
        ('^pg_(read_(binary_)?file|ls_.*|stat_file)', 'files of the server'),
        ('^pg_export_snapshot$',                      'hands a snapshot to another session'),
        ('^pg_logical_emit_message$',                 'writes to every replica'),
        ('^pg_stat_get_activity$',                    'shows the statements of every tenant'),
        ('^pg_stat_get_backend_',                     'shows the statements of every tenant'),
        ('^(query|cursor|table|schema|database)_to_xml', 'runs SQL held in a string'),
        ('^ts_(rewrite|stat)$',                       'runs SQL held in a string')
    ) AS rule (pattern, reason) ON p.proname::text ~ rule.pattern
    WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace;
END;
ALTER FUNCTION core.closed_functions() OWNER TO romashka_owner;
REVOKE ALL ON FUNCTION core.closed_functions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.closed_functions() TO romashka_operator, romashka_auth, romashka_worker;

-- Each by itself: a managed server refuses some, and bootstrap_gaps() then says which.
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function) FROM core.closed_functions()
        UNION ALL
        SELECT format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC', current_database())
        UNION ALL
        SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC'
        UNION ALL
        -- A module writes no functions: a function runs as whoever meets it. A cast in a reference to core.profiles
        -- runs as the kernel's owner, who checks the reference.
        SELECT format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', l.lanname) FROM pg_catalog.pg_language AS l
        WHERE l.lanpltrusted
        UNION ALL
        -- granted by earlier versions
        SELECT format('REVOKE USAGE ON LANGUAGE plpgsql FROM %I', r.rolname)
        FROM pg_catalog.pg_roles AS r
        WHERE r.rolname ~ '^romashka_o_'
        UNION ALL
        SELECT 'REVOKE ALL ON pg_catalog.pg_stat_activity FROM PUBLIC'
    LOOP
        BEGIN
            EXECUTE statement;
        EXCEPTION WHEN insufficient_privilege OR invalid_schema_name THEN
            RAISE WARNING 'refused: %', statement;
        END;
    END LOOP;

    -- What the kernel's own roles still need.
    FOR statement IN
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO romashka_owner, romashka_worker', function)
        FROM core.closed_functions()
        WHERE function::text ~ 'advisory_xact_lock|^pg_notify'
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO romashka_operator', function)
        FROM core.closed_functions()
        WHERE function::text ~ '^pg_stat_get_'
        UNION ALL
        SELECT 'GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) '
            'TO romashka_keyholder, romashka_auth, romashka_worker'
        UNION ALL
        SELECT 'GRANT SELECT ON pg_catalog.pg_stat_activity TO romashka_operator'
        UNION ALL
        SELECT 'GRANT USAGE ON LANGUAGE sql, plpgsql TO romashka_owner, romashka_keyholder, romashka_searcher'
    LOOP
        BEGIN
            EXECUTE statement;
        EXCEPTION WHEN insufficient_privilege OR invalid_schema_name THEN
            RAISE WARNING 'refused: %', statement;
        END;
    END LOOP;
END
$$;

-- ---------------------------------------------------------------------------------------------------------
-- Tables the generators and the runner need before the first migration
-- ---------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS core.migrations (
    module      text        NOT NULL,
    number      integer     NOT NULL CHECK (number > 0),
    name        text        NOT NULL,
    checksum    bytea       NOT NULL CHECK (octet_length(checksum) = 32),
    applied_at  timestamptz NOT NULL DEFAULT now(),
    duration_ms integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (module, number)
);

-- Proves that the configured master secret is the one this database was made with.
CREATE TABLE IF NOT EXISTS core.master_check (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    salt      bytea NOT NULL CHECK (octet_length(salt) >= 16),
    verifier  bytea NOT NULL CHECK (octet_length(verifier) = 32)
);

-- What a manifest says of a table beyond "it has a tenant".
CREATE TABLE IF NOT EXISTS core.table_rules (
    module          text NOT NULL,
    table_name      text NOT NULL,
    -- the column that names the customer a row belongs to
    customer_column text,
    -- where the row names its customer only through a parent: own column, parent table (same schema)
    parent_column   text,
    parent_table    text,
    -- no UPDATE, no DELETE
    append_only     boolean NOT NULL DEFAULT false,
    -- belongs to no tenant
    is_global       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (module, table_name),
    CHECK ((parent_column IS NULL) = (parent_table IS NULL)),
    CHECK (customer_column IS NULL OR parent_column IS NULL)
);

-- What a customer may not see even of their own, and what anybody may see; without a rule neither sees a row.
ALTER TABLE core.table_rules
    ADD COLUMN IF NOT EXISTS hidden_column text,
    ADD COLUMN IF NOT EXISTS hidden_value  text,
    ADD COLUMN IF NOT EXISTS public_column text,
    ADD COLUMN IF NOT EXISTS public_value  text;

-- Kernel tables that are split otherwise than by month, or whose old leaves go; without a rule, by month and for ever.
CREATE TABLE IF NOT EXISTS core.partition_rules (
    -- 'core.events'
    object    text    PRIMARY KEY CHECK (object LIKE 'core.%'),
    step      text    NOT NULL CHECK (step IN ('day', 'month')),
    -- the key of core.system_settings that says how many days are kept, and what holds without it
    setting   text    CHECK (setting LIKE 'retention.%'),
    keep_days integer CHECK (keep_days BETWEEN 1 AND 3650),
    CHECK ((setting IS NULL) = (keep_days IS NULL))
);

-- Tables of other modules a module's manifest says it reads.
CREATE TABLE IF NOT EXISTS core.module_reads (
    module      text NOT NULL,
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    PRIMARY KEY (module, schema_name, table_name)
);

-- The closed list of policies that let a kernel role past the tenant's.
CREATE TABLE IF NOT EXISTS core.kernel_policies (
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    role_name   text NOT NULL,
    command     text NOT NULL CHECK (command IN ('ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE')),
    -- 'kernel': from policies/kernel.sql; 'search': made together with a search function
    origin      text NOT NULL CHECK (origin IN ('kernel', 'search')),
    PRIMARY KEY (schema_name, table_name, role_name)
);

-- The search functions that were generated; verify-schema allows no other definer function in a module's schema.
CREATE TABLE IF NOT EXISTS core.searches (
    module        text NOT NULL,
    name          text NOT NULL,
    table_name    text NOT NULL,
    vector_column text NOT NULL,
    configuration text NOT NULL,
    PRIMARY KEY (module, name)
);

ALTER TABLE core.migrations OWNER TO romashka_owner;
ALTER TABLE core.master_check OWNER TO romashka_owner;
ALTER TABLE core.table_rules OWNER TO romashka_owner;
ALTER TABLE core.partition_rules OWNER TO romashka_owner;
ALTER TABLE core.module_reads OWNER TO romashka_owner;
ALTER TABLE core.kernel_policies OWNER TO romashka_owner;
ALTER TABLE core.searches OWNER TO romashka_owner;

GRANT SELECT ON core.migrations, core.master_check TO romashka_auth, romashka_worker, romashka_operator;
GRANT SELECT ON core.table_rules, core.module_reads, core.kernel_policies, core.searches TO romashka_operator;

-- ---------------------------------------------------------------------------------------------------------
-- What is still open, for `doctor`
-- ---------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION core.bootstrap_gaps()
RETURNS TABLE (object text, detail text)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    WITH suspects AS (
        SELECT 'public'::text AS name
        UNION ALL
        SELECT r.rolname::text
        FROM pg_catalog.pg_roles AS r
        WHERE r.rolname ~ '^romashka_(m_|modules$)'
    )
    SELECT f.function::text, pg_catalog.format('EXECUTE by %s: %s', s.name, f.reason)
    FROM core.closed_functions() AS f
    CROSS JOIN suspects AS s
    WHERE pg_catalog.has_function_privilege(s.name, f.function::oid, 'EXECUTE')
    UNION ALL
    -- said once where it is PUBLIC that may
    SELECT 'database', pg_catalog.format('%s by %s, as after a restore or a copy: run romashka bootstrap again',
                                         privilege, s.name)
    FROM suspects AS s
    CROSS JOIN (VALUES ('TEMPORARY'), ('CREATE')) AS p (privilege)
    WHERE pg_catalog.has_database_privilege(s.name, pg_catalog.current_database(), privilege)
      AND (s.name = 'public'
           OR NOT pg_catalog.has_database_privilege('public', pg_catalog.current_database(), privilege))
    UNION ALL
    SELECT 'schema public', pg_catalog.format('USAGE by %s', s.name)
    FROM suspects AS s
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'public'
    WHERE pg_catalog.has_schema_privilege(s.name, n.oid, 'USAGE')
    UNION ALL
    SELECT 'schema ' || n.nspname, pg_catalog.format('CREATE by %s', s.name)
    FROM suspects AS s
    CROSS JOIN pg_catalog.pg_namespace AS n
    WHERE n.nspname !~ '^pg_(temp|toast)'
      AND pg_catalog.has_schema_privilege(s.name, n.oid, 'CREATE')
    UNION ALL
    SELECT 'language ' || l.lanname, pg_catalog.format('USAGE by %s: functions and DO blocks', s.name)
    FROM (
        SELECT suspects.name FROM suspects
        UNION ALL
        SELECT r.rolname::text FROM pg_catalog.pg_roles AS r WHERE r.rolname ~ '^romashka_o_'
    ) AS s
    CROSS JOIN pg_catalog.pg_language AS l
    WHERE l.lanpltrusted
      AND pg_catalog.has_language_privilege(s.name, l.oid, 'USAGE')
      AND (s.name = 'public' OR NOT pg_catalog.has_language_privilege('public', l.oid, 'USAGE'))
    UNION ALL
    SELECT 'pg_stat_activity', pg_catalog.format('SELECT by %s', s.name)
    FROM suspects AS s
    WHERE pg_catalog.has_table_privilege(s.name, 'pg_catalog.pg_stat_activity', 'SELECT')
    UNION ALL
    SELECT 'parameter ' || a.parname, pg_catalog.format('SET by %s', s.name)
    FROM suspects AS s
    CROSS JOIN pg_catalog.pg_parameter_acl AS a
    WHERE pg_catalog.has_parameter_privilege(s.name, a.parname, 'SET')
    UNION ALL
    -- readable to the superuser who bootstraps; core.open() raises while they are set
    SELECT 'parameter ' || name, 'is set on this server; session_privileged.sql needs it empty'
    FROM pg_catalog.pg_settings
    WHERE name IN ('backtrace_functions', 'session_preload_libraries')
      AND reset_val <> ''
      AND pg_catalog.to_regprocedure('core.load_session_key(text)') IS NOT NULL
    UNION ALL
    SELECT 'server', pg_catalog.format('version %s has known holes in row-level security; 15.20 or newer',
                                       pg_catalog.current_setting('server_version'))
    WHERE pg_catalog.current_setting('server_version_num')::int < 150020;
END;
ALTER FUNCTION core.bootstrap_gaps() OWNER TO romashka_owner;
REVOKE ALL ON FUNCTION core.bootstrap_gaps() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.bootstrap_gaps() TO romashka_operator, romashka_auth, romashka_worker;
