-- Erasing a tenant. Superuser, idempotent: the function belongs to a role that owns nothing else and that nobody is.

GRANT USAGE ON SCHEMA core TO romashka_eraser;
GRANT SELECT ON
    core.our_schemas, core.our_tables, core.tenant_tables, core.table_rules, core.actual_policies
TO romashka_eraser;
GRANT EXECUTE ON FUNCTION core.foreign_code(text), core.require_no_code(text) TO romashka_eraser;

-- Removes every row of a tenant, children first and what refers to each other at once, and counts what is left. Its owner
-- sees and deletes every tenant's rows by a policy of its own, and nothing but this function acts as its owner.
CREATE OR REPLACE FUNCTION core.erase_tenant(tenant uuid)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target    record;
    part      record;
    statement text;
    erased    bigint;
    proof     jsonb := '{}';
    ordered   regclass[] := '{}';
    ready     regclass[];
BEGIN
    -- Whoever deletes a row runs what hangs on its table, and we see every tenant's. They are locked as the deletion
    -- locks them, so that nothing is hung there between the look and that.
    FOR target IN
        SELECT t.object
        FROM core.tenant_tables AS t
        WHERE t.login_name IS NOT NULL AND NOT t.is_leaf
        ORDER BY t.object
    LOOP
        EXECUTE format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', target.object);
    END LOOP;
    FOR target IN
        SELECT s.schema_name
        FROM core.our_schemas AS s
        WHERE s.login_name IS NOT NULL
        ORDER BY s.schema_name
    LOOP
        PERFORM core.require_no_code(target.schema_name);
    END LOOP;

    LOOP
        -- what nothing that is left refers to
        SELECT array_agg(t.oid::regclass)
        INTO ready
        FROM core.tenant_tables AS t
        WHERE NOT t.is_leaf
          AND NOT t.oid = ANY (ordered)
          AND NOT EXISTS (
              SELECT
              FROM pg_constraint AS k
              JOIN core.tenant_tables AS child ON child.oid = k.conrelid
              WHERE k.contype = 'f' AND k.confrelid = t.oid AND k.conrelid <> t.oid
                AND NOT child.is_leaf AND NOT k.conrelid = ANY (ordered));
        EXIT WHEN ready IS NULL;
        ordered := ordered || ready;
    END LOOP;

    FOR target IN
        SELECT array_agg(step.object ORDER BY step.object) AS objects
        FROM (
            SELECT
                t.object,
                pass,
                -- The relay passes over the events of a tenant whose head is held, so that nobody else's wait for this
                -- to end.
                t.object <> 'core.event_heads' AS is_later,
                -- Tables that refer to each other in a circle have no place, nor has what they refer to: the last step.
                COALESCE(array_position(ordered, t.oid::regclass), 2147483647) AS place
            FROM core.tenant_tables AS t
            -- twice what transactions that were still open may have told meanwhile; of later ones the relay removes it
            CROSS JOIN generate_series(
                1, CASE WHEN t.object IN ('core.event_heads', 'core.events') THEN 2 ELSE 1 END) AS pass
            WHERE NOT t.is_leaf
        ) AS step
        GROUP BY step.pass, step.is_later, step.place
        ORDER BY step.pass, step.is_later, step.place
    LOOP
        IF cardinality(target.objects) = 1 THEN
            EXECUTE format('DELETE FROM %s WHERE tenant_id = $1', target.objects[1]) USING tenant;
            GET DIAGNOSTICS erased = ROW_COUNT;
            proof := proof || jsonb_build_object(target.objects[1], jsonb_build_object(
                'erased', erased + COALESCE((proof -> target.objects[1] ->> 'erased')::bigint, 0)));
            CONTINUE;
        END IF;
        -- References are looked at when a statement has ended, so one statement takes the rows of all.
        SELECT 'WITH '
               || string_agg(format('gone_%s AS (DELETE FROM %s WHERE tenant_id = $1 RETURNING 1)',
                                    named.place, named.object), ', ')
               || string_agg(format(' SELECT %L AS object, count(*) AS erased FROM gone_%s',
                                    named.object, named.place), ' UNION ALL')
        INTO statement
        FROM unnest(target.objects) WITH ORDINALITY AS named (object, place);
        FOR part IN EXECUTE statement USING tenant
        LOOP
            proof := proof || jsonb_build_object(part.object, jsonb_build_object(
                'erased', part.erased + COALESCE((proof -> part.object ->> 'erased')::bigint, 0)));
        END LOOP;
    END LOOP;
    DELETE FROM core.tenants AS t WHERE t.id = tenant;
    GET DIAGNOSTICS erased = ROW_COUNT;
    proof := proof || jsonb_build_object('core.tenants', jsonb_build_object('erased', erased));

    FOR target IN SELECT t.object FROM core.tenant_tables AS t WHERE NOT t.is_leaf
    LOOP
        EXECUTE format('SELECT count(*) FROM %s WHERE tenant_id = $1', target.object) INTO erased USING tenant;
        proof := jsonb_set(proof, ARRAY[target.object, 'left'], to_jsonb(erased));
    END LOOP;
    SELECT count(*) INTO erased FROM core.accounts AS a WHERE a.managed_by = tenant;
    proof := proof || jsonb_build_object('core.accounts', jsonb_build_object('left', erased));
    RETURN proof;
END
$$;
ALTER FUNCTION core.erase_tenant(uuid) OWNER TO romashka_eraser;
REVOKE ALL ON FUNCTION core.erase_tenant(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.erase_tenant(uuid) TO romashka_auth;
