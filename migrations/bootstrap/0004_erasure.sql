-- Erasing a tenant. Superuser, idempotent: the function belongs to a role that owns nothing else and that nobody is.

GRANT USAGE ON SCHEMA core TO romashka_eraser;
GRANT SELECT ON core.our_schemas, core.our_tables, core.tenant_tables, core.table_rules TO romashka_eraser;

-- Removes every row of a tenant, children first, and counts what is left. Its owner sees and deletes every tenant's
-- rows by a policy of its own, and nothing but this function acts as its owner.
CREATE OR REPLACE FUNCTION core.erase_tenant(tenant uuid)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target  record;
    erased  bigint;
    proof   jsonb := '{}';
    ordered regclass[] := '{}';
    ready   regclass[];
BEGIN
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
        SELECT t.object, COALESCE(array_position(ordered, t.oid::regclass), 2147483647) AS place
        FROM core.tenant_tables AS t
        WHERE NOT t.is_leaf
        ORDER BY place
    LOOP
        EXECUTE format('DELETE FROM %s WHERE tenant_id = $1', target.object) USING tenant;
        GET DIAGNOSTICS erased = ROW_COUNT;
        proof := proof || jsonb_build_object(target.object, jsonb_build_object('erased', erased));
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
