-- What turns a plain table into a tenant's table, and a name into a module. Superuser, idempotent.
-- Everything in core belongs to romashka_owner and is run as romashka_owner; what a superuser must run is in
-- the schema bootstrap, where no other role can replace it.

SET LOCAL ROLE romashka_owner;

-- ---------------------------------------------------------------------------------------------------------
-- What is ours: the one place that says so
-- ---------------------------------------------------------------------------------------------------------

-- The kernel's schema and one per module; a schema is a module's by its owner, which only create_module() sets.
CREATE OR REPLACE VIEW core.our_schemas
WITH (security_invoker = true) AS
SELECT
    n.oid,
    n.nspname::text AS schema_name,
    r.rolname::text AS owner_name,
    CASE WHEN r.rolname <> 'romashka_owner' THEN 'romashka_m_' || n.nspname::text END AS login_name
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
WHERE (n.nspname = 'core' AND r.rolname = 'romashka_owner')
   OR r.rolname = ('romashka_o_' || n.nspname::text);

CREATE OR REPLACE VIEW core.our_tables
WITH (security_invoker = true) AS
SELECT
    c.oid,
    c.oid::pg_catalog.regclass::text AS object,
    s.schema_name,
    c.relname::text AS table_name,
    s.login_name,
    c.relkind,
    c.relispartition AS is_leaf,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    ) AS has_tenant,
    COALESCE(rule.is_global, false) AS is_global,
    COALESCE(rule.append_only, false) AS append_only,
    rule.customer_column,
    rule.parent_column,
    rule.parent_table,
    rule.hidden_column,
    rule.hidden_value,
    rule.public_column,
    rule.public_value
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
LEFT JOIN core.table_rules AS rule
    ON rule.module = s.schema_name
   -- a leaf follows the rule of its root
   AND rule.table_name = COALESCE(
       (SELECT root.relname::text
        FROM pg_catalog.pg_class AS root
        WHERE c.relispartition AND root.oid = pg_catalog.pg_partition_root(c.oid)),
       c.relname::text)
WHERE c.relkind IN ('r', 'p');

-- Tables whose rows belong to tenants.
CREATE OR REPLACE VIEW core.tenant_tables
WITH (security_invoker = true) AS
SELECT *
FROM core.our_tables
WHERE has_tenant AND NOT is_global;

-- The policies that must exist; expressions as PostgreSQL prints them on one line, so that they can be compared.
CREATE OR REPLACE VIEW core.expected_policies
WITH (security_invoker = true) AS
SELECT
    t.oid,
    'tenant'::text AS name,
    true AS permissive,
    'ALL'::text AS command,
    'public'::text AS role_name,
    '(tenant_id = ( SELECT core.tenant_id() AS tenant_id))'::text AS expression
FROM core.tenant_tables AS t
UNION ALL
-- Members, keys and the kernel see their tenant; a customer or a visitor only what a rule of the manifest opens.
SELECT
    t.oid,
    'principal',
    false,
    'ALL',
    'romashka_modules',
    pg_catalog.format(
        -- Not "… IS NULL OR …": the planner would take that for a rare condition and sort the tenant's whole table
        -- instead of walking the index to the first 25. Of CASE it knows nothing.
        'CASE ( SELECT core.actor_kind() AS actor_kind) WHEN %L::text THEN %s WHEN %L::text THEN %s ELSE true END',
        'c',
        CASE
            WHEN t.customer_column IS NOT NULL AND t.hidden_column IS NOT NULL THEN pg_catalog.format(
                '((%I = ( SELECT core.customer() AS customer)) AND (%I <> %L::text))',
                t.customer_column, t.hidden_column, t.hidden_value)
            WHEN t.customer_column IS NOT NULL THEN pg_catalog.format(
                '(%I = ( SELECT core.customer() AS customer))', t.customer_column)
            WHEN t.parent_column IS NOT NULL THEN pg_catalog.format(
                '(EXISTS ( SELECT 1 FROM %I.%I parent WHERE ((parent.tenant_id = %I.tenant_id) AND (parent.id = %I.%I))))',
                t.schema_name, t.parent_table, t.table_name, t.table_name, t.parent_column)
            ELSE 'false'
        END,
        'p',
        CASE
            WHEN t.public_column IS NOT NULL THEN pg_catalog.format(
                '(%I = %L::text)', t.public_column, t.public_value)
            ELSE 'false'
        END)
FROM core.tenant_tables AS t
WHERE t.login_name IS NOT NULL
UNION ALL
SELECT
    t.oid,
    'kernel_' || pg_catalog.replace(k.role_name, 'romashka_', ''),
    true,
    k.command,
    k.role_name,
    'true'
FROM core.kernel_policies AS k
JOIN core.tenant_tables AS t
    ON t.schema_name = k.schema_name AND t.table_name = k.table_name
UNION ALL
-- whoever a tenant is, its rows can be erased: core.erase_tenant() and nothing else acts as this role
SELECT t.oid, 'kernel_eraser', true, 'ALL', 'romashka_eraser', 'true'
FROM core.tenant_tables AS t;

CREATE OR REPLACE VIEW core.actual_policies
WITH (security_invoker = true) AS
SELECT
    p.polrelid AS oid,
    p.polname::text AS name,
    p.polpermissive AS permissive,
    CASE p.polcmd
        WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
    END AS command,
    (SELECT pg_catalog.string_agg(CASE WHEN role = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(role)::text END, ',')
     FROM pg_catalog.unnest(p.polroles) AS role) AS role_name,
    pg_catalog.btrim(pg_catalog.regexp_replace(
        pg_catalog.pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g')) AS using_expression,
    pg_catalog.btrim(pg_catalog.regexp_replace(
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '\s+', ' ', 'g')) AS check_expression,
    -- Names that core.expected_policies gives, or once gave ('customer'). Such a policy is compared word by word, and
    -- made anew when it differs.
    p.polname IN ('tenant', 'principal', 'customer') OR p.polname LIKE 'kernel\_%' AS is_generated
FROM pg_catalog.pg_policy AS p
JOIN core.our_tables AS t ON t.oid = p.polrelid;

GRANT SELECT ON
    core.our_schemas, core.our_tables, core.tenant_tables, core.expected_policies, core.actual_policies
TO romashka_operator;

-- ---------------------------------------------------------------------------------------------------------
-- Code of modules
-- ---------------------------------------------------------------------------------------------------------

-- What of a module's schema would run code of the module's own as whoever writes, reads or attaches its tables: the
-- kernel's owner, the eraser, a superuser, or their owner, to whom the actions of references show every tenant's rows.
-- A function that only the module's own statements call is none of it, nor one of the kernel's that modules may call,
-- as long as it keeps no row from being deleted.
CREATE OR REPLACE FUNCTION core.foreign_code(module text)
RETURNS TABLE (object text, detail text)
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH own AS (
        SELECT s.oid
        FROM core.our_schemas AS s
        WHERE s.schema_name = foreign_code.module AND s.login_name IS NOT NULL
    ), relations AS (
        SELECT c.oid, c.relkind, c.oid::regclass::text AS name
        FROM own
        JOIN pg_class AS c ON c.relnamespace = own.oid
        WHERE c.relkind IN ('r', 'p', 'i', 'I')
    ), types AS (
        SELECT t.oid, format_type(t.oid, NULL) AS name
        FROM own
        JOIN pg_type AS t ON t.typnamespace = own.oid
    ), parts (class, oid, name, kind) AS (
        SELECT 'pg_class'::regclass, r.oid, r.name, CASE WHEN r.relkind IN ('i', 'I') THEN 'index' ELSE 'table' END
        FROM relations AS r
        UNION ALL
        SELECT 'pg_attrdef'::regclass, d.oid, r.name, 'default'
        FROM relations AS r
        JOIN pg_attrdef AS d ON d.adrelid = r.oid
        UNION ALL
        SELECT 'pg_trigger'::regclass, t.oid, r.name, 'trigger ' || t.tgname
        FROM relations AS r
        JOIN pg_trigger AS t ON t.tgrelid = r.oid
        UNION ALL
        SELECT 'pg_policy'::regclass, p.oid, r.name, 'policy ' || p.polname
        FROM relations AS r
        JOIN pg_policy AS p ON p.polrelid = r.oid
        UNION ALL
        SELECT 'pg_statistic_ext'::regclass, x.oid, r.name, 'statistics ' || x.stxname
        FROM relations AS r
        JOIN pg_statistic_ext AS x ON x.stxrelid = r.oid
        UNION ALL
        SELECT 'pg_constraint'::regclass, k.oid, COALESCE(r.name, t.name), 'constraint ' || k.conname
        FROM own
        JOIN pg_constraint AS k ON k.connamespace = own.oid
        LEFT JOIN relations AS r ON r.oid = k.conrelid
        LEFT JOIN types AS t ON t.oid = k.contypid
        UNION ALL
        SELECT 'pg_type'::regclass, t.oid, t.name, 'type'
        FROM types AS t
    ), needs AS (
        -- what PostgreSQL itself brings along is not noted there
        SELECT part.class, part.name, part.kind, d.refclassid, d.refobjid
        FROM parts AS part
        JOIN pg_depend AS d ON d.classid = part.class AND d.objid = part.oid
    )
    SELECT n.name, n.kind || ' calls ' || p.oid::regprocedure::text
    FROM needs AS n
    JOIN pg_proc AS p ON n.refclassid = 'pg_proc'::regclass AND p.oid = n.refobjid
    WHERE p.pronamespace <> 'pg_catalog'::regnamespace
      AND NOT (p.pronamespace = 'core'::regnamespace
               AND has_function_privilege('romashka_modules', p.oid, 'EXECUTE'))
    UNION ALL
    -- A trigger of a module calls what the kernel offers for that, and nothing where rows are deleted: PostgreSQL's own
    -- functions, of which pg_depend says nothing, raise or keep rows where they do not belong, and so do the kernel's.
    SELECT r.name, format('trigger %s%s calls %s', t.tgname, CASE WHEN t.tgtype & 8 <> 0 THEN ' on DELETE' END,
                          p.oid::regprocedure)
    FROM relations AS r
    JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
       OR (p.pronamespace = 'core'::regnamespace
           AND has_function_privilege('romashka_modules', p.oid, 'EXECUTE')
           AND t.tgtype & 8 <> 0)
    UNION ALL
    SELECT n.name, n.kind || ' uses the operator ' || o.oid::regoperator::text
    FROM needs AS n
    JOIN pg_operator AS o ON n.refclassid = 'pg_operator'::regclass AND o.oid = n.refobjid
    WHERE o.oprnamespace <> 'pg_catalog'::regnamespace
    UNION ALL
    SELECT n.name, n.kind || ' reads the view ' || c.oid::regclass::text
    FROM needs AS n
    JOIN pg_class AS c ON n.refclassid = 'pg_class'::regclass AND c.oid = n.refobjid
    WHERE n.class = 'pg_policy'::regclass AND c.relkind IN ('v', 'm')
    UNION ALL
    SELECT r.name, 'policy ' || a.name || ' is none of the kernel''s'
    FROM relations AS r
    JOIN core.actual_policies AS a ON a.oid = r.oid
    WHERE NOT a.is_generated
    UNION ALL
    SELECT r.name, 'rule ' || w.rulename
    FROM relations AS r
    JOIN pg_rewrite AS w ON w.ev_class = r.oid
    UNION ALL
    SELECT t.name, 'cast from ' || format_type(k.castsource, NULL) || ' to ' || format_type(k.casttarget, NULL)
    FROM types AS t
    JOIN pg_cast AS k ON t.oid IN (k.castsource, k.casttarget)
    -- but that of a range, which comes with it
    WHERE NOT EXISTS (
        SELECT
        FROM pg_depend AS d
        WHERE d.classid = 'pg_cast'::regclass AND d.objid = k.oid AND d.deptype = 'i')
$$;

-- Refuses to go on with a module whose tables would run what it wrote.
CREATE OR REPLACE FUNCTION core.require_no_code(module text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    code record;
BEGIN
    SELECT c.object, c.detail
    INTO code
    FROM core.foreign_code(require_no_code.module) AS c
    ORDER BY c.object, c.detail
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'RK006',
            MESSAGE = format('%s: expected no code of the module''s own, found %s; fix: drop it in a migration, and do '
                             'what it did in the plugin', code.object, code.detail);
    END IF;
END
$$;

-- ---------------------------------------------------------------------------------------------------------
-- Policies and grants
-- ---------------------------------------------------------------------------------------------------------

-- Brings the policies of one table in line with core.expected_policies and touches nothing that is right already:
-- each change locks the table.
CREATE OR REPLACE FUNCTION core.align_policies(target regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    policy record;
BEGIN
    FOR policy IN
        SELECT a.name
        FROM core.actual_policies AS a
        WHERE a.oid = target
          AND a.is_generated
          AND NOT EXISTS (
              SELECT
              FROM core.expected_policies AS e
              WHERE e.oid = a.oid
                AND e.name = a.name
                AND e.permissive = a.permissive
                AND e.command = a.command
                AND e.role_name = a.role_name
                AND (a.using_expression = e.expression OR (a.command = 'INSERT' AND a.using_expression IS NULL))
                AND (a.check_expression = e.expression
                     OR (a.command IN ('SELECT', 'DELETE') AND a.check_expression IS NULL)))
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', policy.name, target);
    END LOOP;

    FOR policy IN
        SELECT e.*
        FROM core.expected_policies AS e
        WHERE e.oid = target
          AND NOT EXISTS (SELECT FROM core.actual_policies AS a WHERE a.oid = e.oid AND a.name = e.name)
    LOOP
        EXECUTE format('CREATE POLICY %I ON %s AS %s FOR %s TO %s',
                       policy.name,
                       target,
                       CASE WHEN policy.permissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                       policy.command,
                       CASE WHEN policy.role_name = 'public' THEN 'PUBLIC' ELSE quote_ident(policy.role_name) END)
            || CASE WHEN policy.command = 'INSERT' THEN '' ELSE format(' USING (%s)', policy.expression) END
            || CASE WHEN policy.command IN ('SELECT', 'DELETE') THEN ''
                    ELSE format(' WITH CHECK (%s)', policy.expression) END;
    END LOOP;
END
$$;

-- One table: row-level security, policies, and what its module may do with it.
CREATE OR REPLACE FUNCTION core.protect(target regclass)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    this    record;
    columns text;
BEGIN
    SELECT t.*, c.relrowsecurity, c.relforcerowsecurity
    INTO STRICT this
    FROM core.our_tables AS t
    JOIN pg_class AS c ON c.oid = t.oid
    WHERE t.oid = target;

    IF this.has_tenant AND NOT this.is_global THEN
        IF NOT this.relrowsecurity THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
        END IF;
        IF NOT this.relforcerowsecurity THEN
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
        END IF;
        PERFORM core.align_policies(target);
        IF this.is_leaf THEN
            EXECUTE format('REVOKE ALL ON %s FROM romashka_eraser', target);
        ELSE
            EXECUTE format('GRANT SELECT, DELETE ON %s TO romashka_eraser', target);
            -- Only when it is missing: whatever is granted on a schema makes PostgreSQL plan every statement anew.
            IF NOT has_schema_privilege('romashka_eraser', this.schema_name, 'USAGE') THEN
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO romashka_eraser', this.schema_name);
            END IF;
        END IF;
    END IF;

    IF this.login_name IS NULL THEN
        RETURN;
    END IF;

    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', target, this.login_name);

    -- A leaf is reached through its parent only. A table that says nothing of tenants stays closed.
    IF this.is_leaf OR NOT (this.has_tenant OR this.is_global) THEN
        RETURN;
    END IF;

    EXECUTE format('GRANT SELECT, INSERT ON %s TO %I', target, this.login_name);
    IF this.append_only THEN
        RETURN;
    END IF;

    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    INTO columns
    FROM pg_attribute AS a
    WHERE a.attrelid = target
      AND a.attnum > 0
      AND NOT a.attisdropped
      AND a.attname <> 'tenant_id'
      AND a.attgenerated = ''
      AND a.attidentity = ''
      AND NOT EXISTS (
          SELECT
          FROM pg_index AS i
          WHERE i.indrelid = target AND i.indisprimary AND a.attnum = ANY (i.indkey));

    EXECUTE format('GRANT DELETE ON %s TO %I', target, this.login_name);
    IF columns IS NOT NULL THEN
        EXECUTE format('GRANT UPDATE (%s) ON %s TO %I', columns, target, this.login_name);
    END IF;
END
$$;

-- The schema of a module, whose owner grants what its migrations say: its role looks into it, and nobody creates there.
-- A table that a handler made would be open to every tenant. Touches nothing that is right already.
CREATE OR REPLACE FUNCTION core.protect_schema(module text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    this record;
    held record;
BEGIN
    SELECT s.oid, s.login_name, n.nspowner, n.nspacl
    INTO this
    FROM core.our_schemas AS s
    JOIN pg_namespace AS n ON n.oid = s.oid
    WHERE s.schema_name = protect_schema.module AND s.login_name IS NOT NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    FOR held IN
        SELECT r.rolname::text AS role_name
        FROM aclexplode(this.nspacl) AS acl
        -- none is PUBLIC
        LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
        WHERE acl.grantee <> this.nspowner
        GROUP BY r.rolname
        HAVING bool_or(COALESCE(r.rolname, 'romashka_modules') = 'romashka_modules'
                       OR acl.privilege_type <> 'USAGE'
                       OR acl.is_grantable)
    LOOP
        -- CASCADE: what was handed on goes too
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %s CASCADE',
                       module, COALESCE(quote_ident(held.role_name), 'PUBLIC'));
        IF held.role_name <> 'romashka_modules' THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', module, held.role_name);
        END IF;
    END LOOP;
    IF NOT has_schema_privilege(this.login_name, this.oid, 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', module, this.login_name);
    END IF;
END
$$;

-- A module's schema and every table in it, or the tables of the kernel ('core').
CREATE OR REPLACE FUNCTION core.protect_module(module text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target regclass;
BEGIN
    PERFORM core.protect_schema(module);
    FOR target IN
        SELECT t.oid FROM core.our_tables AS t WHERE t.schema_name = module ORDER BY t.table_name
    LOOP
        PERFORM core.protect(target);
    END LOOP;
END
$$;

-- Before a module's migrations, in their transaction: a back-fill or the check of a new foreign key must see the
-- rows of all tenants. protect_module() closes it again before COMMIT.
CREATE OR REPLACE FUNCTION core.unforce_module(module text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target regclass;
BEGIN
    FOR target IN
        SELECT t.oid FROM core.tenant_tables AS t WHERE t.schema_name = module ORDER BY t.table_name
    LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', target);
    END LOOP;
END
$$;

-- A module's migrations run in a session of its owner, which may write nothing in core: this is how a file and its
-- line in the ledger commit together. Nobody can write another module's lines.
CREATE OR REPLACE FUNCTION core.record_migration(
    module text, number integer, name text, checksum bytea, duration_ms integer
)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF session_user <> 'romashka_o_' || module THEN
        RAISE EXCEPTION 'the ledger of % is not open to this role', module USING ERRCODE = '42501';
    END IF;
    -- While it can still be rolled back: from its commit on, whoever writes to the tables would run it.
    PERFORM core.require_no_code(record_migration.module);
    -- A process that serves may do with the schema what was granted, from the same moment on.
    PERFORM core.protect_schema(record_migration.module);
    INSERT INTO core.migrations (module, number, name, checksum, duration_ms)
    VALUES (record_migration.module, record_migration.number, record_migration.name,
            record_migration.checksum, record_migration.duration_ms);
END
$$;

-- The other way: a file's down file and its line commit together. Only the newest line goes.
CREATE OR REPLACE FUNCTION core.forget_migration(module text, number integer)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF session_user <> 'romashka_o_' || module THEN
        RAISE EXCEPTION 'the ledger of % is not open to this role', module USING ERRCODE = '42501';
    END IF;
    DELETE FROM core.migrations AS m
    WHERE m.module = forget_migration.module
      AND m.number = forget_migration.number
      AND NOT EXISTS (
          SELECT FROM core.migrations AS later WHERE later.module = m.module AND later.number > m.number);
    IF NOT FOUND THEN
        RAISE EXCEPTION '% is not the newest migration of %', number, module USING ERRCODE = '55000';
    END IF;
    PERFORM core.protect_schema(forget_migration.module);
END
$$;

-- What a manifest says of a module's tables, as {"table": {"customer": "customer_id", "append_only": true,
-- "global": true, "customer_hides": {"column": …, "value": …}, "parent": {"table": …, "column": …},
-- "public": {"column": …, "value": …}}}; tables that need none of this are not named. Replaces what was declared before.
CREATE OR REPLACE FUNCTION core.declare_tables(module text, rules jsonb)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM core.table_rules AS old
    WHERE old.module = declare_tables.module;

    INSERT INTO core.table_rules (
        module, table_name, customer_column, append_only, is_global, hidden_column, hidden_value, parent_table,
        parent_column, public_column, public_value)
    SELECT
        declare_tables.module,
        rule.key,
        rule.value ->> 'customer',
        COALESCE((rule.value ->> 'append_only')::boolean, false),
        COALESCE((rule.value ->> 'global')::boolean, false),
        rule.value #>> '{customer_hides,column}',
        rule.value #>> '{customer_hides,value}',
        rule.value #>> '{parent,table}',
        rule.value #>> '{parent,column}',
        rule.value #>> '{public,column}',
        rule.value #>> '{public,value}'
    FROM pg_catalog.jsonb_each(rules) AS rule;
END;

-- Replaces the kernel's part of the closed list, one "schema.table role command" a line; '#' starts a comment.
CREATE OR REPLACE FUNCTION core.set_kernel_policies(list text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target regclass;
BEGIN
    DELETE FROM core.kernel_policies WHERE origin = 'kernel';

    INSERT INTO core.kernel_policies (schema_name, table_name, role_name, command, origin)
    SELECT split_part(words[1], '.', 1), split_part(words[1], '.', 2), words[2], words[3], 'kernel'
    FROM regexp_split_to_table(list, E'\n') AS line
    CROSS JOIN LATERAL regexp_split_to_array(btrim(split_part(line, '#', 1)), '\s+') AS words
    WHERE words[1] <> '';

    FOR target IN
        SELECT t.oid FROM core.tenant_tables AS t ORDER BY t.object
    LOOP
        PERFORM core.align_policies(target);
    END LOOP;
END
$$;

-- ---------------------------------------------------------------------------------------------------------
-- Partitions of UUIDv7 ids by time
-- ---------------------------------------------------------------------------------------------------------

-- The smallest UUIDv7 of a moment: its first 48 bits are milliseconds since 1970.
CREATE OR REPLACE FUNCTION core.uuid_floor(moment timestamptz)
RETURNS uuid
LANGUAGE sql
IMMUTABLE
STRICT
PARALLEL SAFE
RETURN (lpad(to_hex((EXTRACT(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- Where a leaf ends, in UTC, by its name: <table>_YYYYMM holds a month, <table>_YYYYMMDD a day; else NULL.
CREATE OR REPLACE FUNCTION core.leaf_end(leaf text)
RETURNS timestamp
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN CASE
    WHEN leaf ~ '_[0-9]{8}$' THEN to_date(right(leaf, 8), 'YYYYMMDD') + interval '1 day'
    WHEN leaf ~ '_[0-9]{6}$' THEN to_date(right(leaf, 6), 'YYYYMM') + interval '1 month'
END;

-- Every parent of ours that is split by RANGE (id), and how: by month unless a rule says otherwise.
CREATE OR REPLACE VIEW core.partitioned_tables
WITH (security_invoker = true) AS
SELECT t.oid, t.object, t.schema_name, t.table_name,
       COALESCE(r.step, 'month') AS step, r.setting, r.keep_days
FROM core.our_tables AS t
JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = t.oid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = p.partattrs[0]
LEFT JOIN core.partition_rules AS r ON r.object = t.object
WHERE p.partstrat = 'r'
  AND p.partnatts = 1
  AND a.attname = 'id'
  AND a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype
  AND NOT t.is_leaf;
GRANT SELECT ON core.partitioned_tables, core.partition_rules TO romashka_operator;

-- Takes the rows that belong into a new leaf out of the leaf for the rest, if its parent has one: else that leaf could
-- not be attached. Nobody but us sees the new leaf yet, and attaching it locks the other one as much. Of tables of the
-- kernel only: to write to a module's is to run what the module hung on it, and here that would run as us.
CREATE OR REPLACE FUNCTION core.take_from_rest(parent regclass, full_name text, bounds text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rest    regclass;
    ends    text[] := regexp_match(bounds, '^\((.+)\) TO \((.+)\)$');
    within  text;
    columns text;
BEGIN
    SELECT p.partdefid::regclass
    INTO rest
    FROM pg_partitioned_table AS p
    JOIN pg_class AS c ON c.oid = p.partrelid
    WHERE p.partrelid = parent AND p.partdefid <> 0 AND c.relnamespace = 'core'::regnamespace;
    IF rest IS NULL THEN
        RETURN;
    END IF;
    within := concat_ws(' AND ',
        'true',
        CASE WHEN ends[1] <> 'MINVALUE' THEN format('id >= %s', ends[1]) END,
        CASE WHEN ends[2] <> 'MAXVALUE' THEN format('id < %s', ends[2]) END);
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    INTO columns
    FROM pg_attribute AS a
    WHERE a.attrelid = parent AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';

    -- The policies would hide the rows of every tenant from their owner.
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', rest);
    EXECUTE format('WITH moved AS (DELETE FROM %1$s WHERE %2$s RETURNING *) '
                   'INSERT INTO %3$s (%4$s) SELECT %4$s FROM moved', rest, within, full_name, columns);
    PERFORM core.protect(rest);
END
$$;

-- A leaf is protected before it is attached: there is no moment at which it stands open. Attaching a finished
-- table locks the parent less than CREATE TABLE … PARTITION OF.
CREATE OR REPLACE FUNCTION core.attach_partition(parent regclass, leaf text, bounds text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schema_name text;
    owner_name  text;
    full_name   text;
BEGIN
    SELECT n.nspname, r.rolname
    INTO schema_name, owner_name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_roles AS r ON r.oid = c.relowner
    WHERE c.oid = parent;
    full_name := format('%I.%I', schema_name, leaf);
    IF schema_name <> 'core' THEN
        -- Attaching works out what the CHECKs of a leaf say, with their functions; nobody adds one meanwhile.
        EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', parent);
        PERFORM core.require_no_code(schema_name);
    END IF;

    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS '
                   'INCLUDING STORAGE INCLUDING COMPRESSION)', full_name, parent);
    IF owner_name <> current_user THEN
        EXECUTE format('ALTER TABLE %s OWNER TO %I', full_name, owner_name);
    END IF;
    PERFORM core.take_from_rest(parent, full_name, bounds);
    PERFORM core.protect(full_name::regclass);
    -- A foreign key is checked by one join, which the FORCEd policies would refuse without a session. Without the
    -- privilege to read the leaf the check goes row by row instead, and there are none.
    EXECUTE format('REVOKE SELECT ON %s FROM %I', full_name, owner_name);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM %s', parent, full_name, bounds);
    EXECUTE format('GRANT SELECT ON %s TO %I', full_name, owner_name);
    -- Only now is it known whose leaf it is, and so which further policies its root asks for.
    PERFORM core.protect(full_name::regclass);
END
$$;

-- How far a parent's leaves reach, in UTC; NULL when it has none with a time in its name.
CREATE OR REPLACE FUNCTION core.partitions_end(parent regclass)
RETURNS timestamp
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT max(core.leaf_end(c.relname::text))
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent
);

-- The beginning of the last leaf there is to be: two weeks from now where leaves are days, else so many months.
CREATE OR REPLACE FUNCTION core.last_partition(step text, months_ahead integer)
RETURNS timestamp
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
RETURN date_trunc(step, now() AT TIME ZONE 'UTC')
    + CASE WHEN step = 'day' THEN interval '14 days'
           ELSE make_interval(months => least(greatest(months_ahead, 1), 24)) END;

-- Makes what is missing of one parent, and says how many it made: <table>_past holds all that is older than the first
-- run, then come the leaves without a gap.
CREATE OR REPLACE FUNCTION core.extend_partitions(parent regclass, months_ahead integer)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    this   record;
    step   interval;
    suffix text;
    final  timestamp;
    leaf   timestamp := core.partitions_end(parent);
    made   integer := 0;
BEGIN
    SELECT p.table_name, p.step INTO STRICT this FROM core.partitioned_tables AS p WHERE p.oid = parent;
    step := CASE WHEN this.step = 'day' THEN interval '1 day' ELSE interval '1 month' END;
    suffix := CASE WHEN this.step = 'day' THEN '_YYYYMMDD' ELSE '_YYYYMM' END;
    final := core.last_partition(this.step, months_ahead);

    IF leaf IS NULL THEN
        leaf := date_trunc(this.step, now() AT TIME ZONE 'UTC');
        PERFORM core.attach_partition(
            parent,
            this.table_name || '_past',
            format('(MINVALUE) TO (%L)', core.uuid_floor(leaf AT TIME ZONE 'UTC')));
        made := made + 1;
    END IF;

    WHILE leaf <= final LOOP
        PERFORM core.attach_partition(
            parent,
            this.table_name || to_char(leaf, suffix),
            format('(%L) TO (%L)',
                   core.uuid_floor(leaf AT TIME ZONE 'UTC'),
                   core.uuid_floor((leaf + step) AT TIME ZONE 'UTC')));
        made := made + 1;
        leaf := leaf + step;
    END LOOP;
    RETURN made;
END
$$;

-- Makes what is missing up to `months_ahead` months from now, of tables split by day two weeks, and says how many it
-- made. A parent whose leaves cannot be made keeps no other from its own; core.partitions_missing() names it.
CREATE OR REPLACE FUNCTION core.ensure_partitions(months_ahead integer DEFAULT 3)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Attaching waits for writers of the referenced tables; better to try again than to hold up the queue behind us.
SET lock_timeout = '2s'
AS $$
DECLARE
    parent record;
    made   integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7267620141);

    FOR parent IN SELECT p.oid, p.object FROM core.partitioned_tables AS p ORDER BY p.object
    LOOP
        BEGIN
            made := made + core.extend_partitions(parent.oid, months_ahead);
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'the partitions of % could not be made: %', parent.object, SQLERRM;
        END;
    END LOOP;
    RETURN made;
END
$$;
GRANT EXECUTE ON FUNCTION core.ensure_partitions(integer) TO romashka_worker;

-- The parents that do not reach as far as core.ensure_partitions() has them reach.
CREATE OR REPLACE FUNCTION core.partitions_missing(months_ahead integer DEFAULT 3)
RETURNS SETOF text
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.object
    FROM core.partitioned_tables AS p
    WHERE COALESCE(core.partitions_end(p.oid), '-infinity') <= core.last_partition(p.step, months_ahead)
    ORDER BY p.object
$$;
GRANT EXECUTE ON FUNCTION
    core.partitions_missing(integer), core.partitions_end(regclass), core.last_partition(text, integer),
    core.leaf_end(text)
TO romashka_worker;
GRANT SELECT ON
    core.our_schemas, core.our_tables, core.table_rules, core.partition_rules, core.partitioned_tables
TO romashka_worker;

-- What a search function does. A plan for each call: how common the words are decides everything. The newest
-- thousand matches are ranked, so that a word every row holds costs no more than a rare one.
CREATE OR REPLACE FUNCTION core.search_body(target regclass, vector_column text, configuration text)
RETURNS text
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format($body$
DECLARE
    tenant   uuid     := core.tenant_id();
    -- the searcher passes the policy for principals, so its condition stands here too
    kind     text     := core.actor_kind();
    customer uuid     := core.customer();
    words    tsquery  := websearch_to_tsquery(%3$L::regconfig, left(query, 500));
BEGIN
    IF numnode(words) > 0 THEN
        RETURN QUERY
        SELECT matches.id, ts_rank(matches.vector, words) AS score
        FROM (
            SELECT t.id, t.%2$I AS vector
            FROM %1$s AS t
            WHERE t.tenant_id = tenant AND t.%2$I @@ words%4$s
            ORDER BY t.id DESC
            LIMIT 1000
        ) AS matches
        ORDER BY score DESC, matches.id DESC
        LIMIT least(greatest(max_rows, 1), 100);
    END IF;
END
$body$,
        target,
        vector_column,
        configuration,
        format(
            ' AND CASE kind WHEN %L THEN %s WHEN %L THEN %s ELSE true END',
            'c',
            CASE
                WHEN t.customer_column IS NULL THEN 'false'
                WHEN t.hidden_column IS NULL THEN format('t.%I = customer', t.customer_column)
                ELSE format(
                    't.%I = customer AND t.%I <> %L', t.customer_column, t.hidden_column, t.hidden_value)
            END,
            'p',
            CASE
                WHEN t.public_column IS NULL THEN 'false'
                ELSE format('t.%I = %L', t.public_column, t.public_value)
            END))
    FROM core.tenant_tables AS t
    WHERE t.oid = target
$$;

RESET ROLE;

-- ---------------------------------------------------------------------------------------------------------
-- For the superuser only
-- ---------------------------------------------------------------------------------------------------------

-- Roles and schema of a module; idempotent. Its login role gets its password afterwards.
CREATE OR REPLACE FUNCTION bootstrap.create_module(module text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner_role text := 'romashka_o_' || module;
    login_role text := 'romashka_m_' || module;
    existing   text;
BEGIN
    IF module !~ '^[a-z][a-z0-9_]{1,30}$'
       OR module IN ('core', 'public', 'bootstrap', 'information_schema')
       OR module LIKE 'pg\_%'
    THEN
        RAISE EXCEPTION 'module name refused: %', module USING ERRCODE = '22023';
    END IF;
    IF EXISTS (SELECT FROM pg_get_keywords() AS k WHERE k.word = module AND k.catcode <> 'U') THEN
        RAISE EXCEPTION 'module name refused: % is a word of SQL', module USING ERRCODE = '22023';
    END IF;
    -- The schema would be searched for whatever that role does not name in full.
    IF module = session_user
       OR EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = module AND (r.rolsuper OR r.rolname = current_user))
    THEN
        RAISE EXCEPTION 'module name refused: % is the name of an administrator', module USING ERRCODE = '22023';
    END IF;

    PERFORM pg_advisory_xact_lock(7267620140);
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner_role) THEN
        EXECUTE format('CREATE ROLE %I', owner_role);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login_role) THEN
        EXECUTE format('CREATE ROLE %I', login_role);
    END IF;
    EXECUTE format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT',
                   owner_role);
    EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT',
                   login_role);
    EXECUTE format('GRANT romashka_modules TO %I, %I', owner_role, login_role);
    -- The kernel's owner makes policies, grants and partitions of the module's tables.
    EXECUTE format('GRANT %I TO romashka_owner', owner_role);

    EXECUTE format('ALTER ROLE %I SET search_path = %L', login_role, module);
    EXECUTE format('ALTER ROLE %I SET jit = off', login_role);

    SELECT r.rolname
    INTO existing
    FROM pg_namespace AS n
    JOIN pg_roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = module;
    IF existing IS NULL THEN
        EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', module, owner_role);
    ELSIF existing <> owner_role THEN
        RAISE EXCEPTION 'schema % belongs to %', module, existing USING ERRCODE = '42P06';
    END IF;
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, %I', module, login_role);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', module, login_role);

    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', owner_role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE ALL ON TABLES FROM PUBLIC', owner_role);
    -- Rows may belong to people of the tenant, and must not to anybody else.
    EXECUTE format('GRANT REFERENCES (tenant_id, id) ON core.profiles TO %I', owner_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION core.record_migration(text, integer, text, bytea, integer), '
                   'core.forget_migration(text, integer) TO %I', owner_role);
END
$$;
REVOKE ALL ON FUNCTION bootstrap.create_module(text) FROM PUBLIC;

-- Full-text search, and the index under it. No operator of full-text search is leakproof, so under a policy the
-- index could not be used: the function belongs to romashka_searcher, which a kernel policy lets past, and holds
-- the tenant (and the customer) itself.
CREATE OR REPLACE FUNCTION bootstrap.create_search(
    module text,
    name text,
    target regclass,
    vector_column text,
    configuration regconfig DEFAULT 'pg_catalog.simple'
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    this      record;
    full_name text := format('%I.%I', module, name);
BEGIN
    SELECT t.*
    INTO STRICT this
    FROM core.tenant_tables AS t
    WHERE t.oid = target AND t.schema_name = module AND t.login_name IS NOT NULL AND NOT t.is_leaf;

    IF NOT EXISTS (
        SELECT
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS m ON m.oid = c.relam
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = vector_column
        WHERE i.indrelid = target AND m.amname = 'gin' AND a.attnum = ANY (i.indkey))
    THEN
        EXECUTE format('CREATE INDEX %I ON %s USING gin (%s%I)',
                       left(this.table_name, 40) || '_' || left(vector_column, 14) || '_search',
                       target,
                       CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gin')
                            THEN 'tenant_id, ' ELSE '' END,
                       vector_column);
    END IF;

    EXECUTE format(
        'CREATE OR REPLACE FUNCTION %s(query text, max_rows integer) RETURNS TABLE (id uuid, rank real) '
        'LANGUAGE plpgsql STABLE SECURITY DEFINER '
        'SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS %L',
        full_name, core.search_body(target, vector_column, configuration::text));
    EXECUTE format('REVOKE ALL ON FUNCTION %s(text, integer) FROM PUBLIC', full_name);
    EXECUTE format('ALTER FUNCTION %s(text, integer) OWNER TO romashka_searcher', full_name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s(text, integer) TO %I', full_name, this.login_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO romashka_searcher', module);
    EXECUTE format('GRANT SELECT ON %s TO romashka_searcher', target);

    INSERT INTO core.searches (module, name, table_name, vector_column, configuration)
    VALUES (module, name, this.table_name, vector_column, configuration::text)
    ON CONFLICT ON CONSTRAINT searches_pkey DO UPDATE
    SET table_name = EXCLUDED.table_name,
        vector_column = EXCLUDED.vector_column,
        configuration = EXCLUDED.configuration;
    INSERT INTO core.kernel_policies (schema_name, table_name, role_name, command, origin)
    VALUES (module, this.table_name, 'romashka_searcher', 'SELECT', 'search')
    ON CONFLICT DO NOTHING;
    PERFORM core.align_policies(target);
END
$$;
REVOKE ALL ON FUNCTION bootstrap.create_search(text, text, regclass, text, regconfig) FROM PUBLIC;

-- Takes a module's search functions away, so that its tables can be changed; create_search() makes those that are
-- still declared again. The index goes with its column.
CREATE OR REPLACE FUNCTION bootstrap.drop_searches(module text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT s.name FROM core.searches AS s WHERE s.module = drop_searches.module
    LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %I.%I(text, integer)', module, name);
    END LOOP;
    DELETE FROM core.kernel_policies AS k WHERE k.schema_name = drop_searches.module AND k.origin = 'search';
    DELETE FROM core.searches AS s WHERE s.module = drop_searches.module;
END
$$;
REVOKE ALL ON FUNCTION bootstrap.drop_searches(text) FROM PUBLIC;
