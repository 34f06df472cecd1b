CREATE OR REPLACE FUNCTION core.declare_reads(module text, reads jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    login  text := 'romashka_m_' || module;
    target record;
BEGIN
    FOR target IN
        SELECT t.schema_name, t.table_name
        FROM core.module_reads AS r
        JOIN core.our_tables AS t ON t.schema_name = r.schema_name AND t.table_name = r.table_name
        WHERE r.module = declare_reads.module AND t.login_name IS NOT NULL AND t.login_name <> login
    LOOP
        -- of the table, and so of each of its columns
        EXECUTE format('REVOKE ALL ON %I.%I FROM %I', target.schema_name, target.table_name, login);
    END LOOP;
    FOR target IN
        SELECT DISTINCT s.schema_name
        FROM core.module_reads AS r
        JOIN core.our_schemas AS s ON s.schema_name = r.schema_name
        WHERE r.module = declare_reads.module AND s.login_name IS NOT NULL AND s.login_name <> login
    LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', target.schema_name, login);
    END LOOP;
    DELETE FROM core.module_reads AS r WHERE r.module = declare_reads.module;

    INSERT INTO core.module_reads (module, schema_name, table_name, columns)
    SELECT declare_reads.module, wanted.schema, wanted.table,
           ARRAY(SELECT DISTINCT name
                 FROM (SELECT 'tenant_id' AS name
                       UNION ALL
                       SELECT jsonb_array_elements_text(wanted.columns)) AS names
                 ORDER BY name)
    FROM jsonb_to_recordset(declare_reads.reads) AS wanted ("schema" text, "table" text, columns jsonb);

    FOR target IN
        SELECT t.schema_name, t.table_name,
               (SELECT string_agg(quote_ident(name), ', ') FROM unnest(r.columns) AS name) AS columns
        FROM core.module_reads AS r
        -- only what carries tenants, only modules' tables, never a leaf
        JOIN core.tenant_tables AS t
            ON t.schema_name = r.schema_name AND t.table_name = r.table_name
           AND t.login_name IS NOT NULL AND t.login_name <> login AND NOT t.is_leaf
        -- nor what stays unguarded because the protection of its module failed
        JOIN pg_class AS c ON c.oid = t.oid AND c.relrowsecurity AND c.relforcerowsecurity
        WHERE r.module = declare_reads.module
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', target.schema_name, login);
        EXECUTE format('GRANT SELECT (%s) ON %I.%I TO %I',
                       target.columns, target.schema_name, target.table_name, login);
    END LOOP;
END
$$;
