DROP FUNCTION core.number_events(integer, uuid, xid8);
REVOKE UPDATE (updated_at) ON core.tenants FROM romashka_worker;
REVOKE DELETE ON core.events FROM romashka_worker;
CREATE OR REPLACE FUNCTION core.number_events(maximum integer)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    numbered integer;
BEGIN
    PERFORM FROM core.event_relay FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    WITH found AS MATERIALIZED (
        SELECT e.tenant_id, e.id, e.at
        FROM core.events AS e
        WHERE e.seq IS NULL
        ORDER BY e.id
        LIMIT maximum
    ), counted AS (
        SELECT f.tenant_id, count(*) AS events
        FROM found AS f
        GROUP BY f.tenant_id
    ), heads AS (
        INSERT INTO core.event_heads AS h (tenant_id, seq)
        SELECT c.tenant_id, c.events FROM counted AS c
        ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + EXCLUDED.seq
        RETURNING h.tenant_id, h.seq
    ), placed AS (
        SELECT f.tenant_id, f.id,
               h.seq - c.events + row_number() OVER (PARTITION BY f.tenant_id ORDER BY f.at, f.id) AS seq
        FROM found AS f
        JOIN counted AS c USING (tenant_id)
        JOIN heads AS h USING (tenant_id)
    )
    UPDATE core.events AS e
    SET seq = p.seq
    FROM placed AS p
    WHERE e.tenant_id = p.tenant_id AND e.id = p.id;
    GET DIAGNOSTICS numbered = ROW_COUNT;
    RETURN numbered;
END
$$;
ALTER TABLE core.censuses DROP COLUMN answered_at;
REVOKE UPDATE (claimed_at) ON core.jobs_running FROM romashka_worker;
