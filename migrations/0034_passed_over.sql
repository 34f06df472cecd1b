-- What somebody's open transaction holds is passed over, so that nobody else waits for it.

-- the privilege to lock it
GRANT UPDATE (claimed_at) ON core.jobs_running TO romashka_worker;

-- When somebody came to the answer; since then others may have asked in vain.
ALTER TABLE core.censuses ADD COLUMN answered_at timestamptz;
GRANT UPDATE (answered_at) ON core.censuses TO romashka_worker;

-- ---------------------------------------------------------------------------------------------------------
-- Numbering events
-- ---------------------------------------------------------------------------------------------------------

-- what an erased tenant's last transactions told of
GRANT DELETE ON core.events TO romashka_worker;
-- the privilege to lock it
GRANT UPDATE (updated_at) ON core.tenants TO romashka_worker;

-- Numbers the events that have been committed, behind an id and of transactions since one (NULL: of all), about this
-- many at most; answers how many, how many it passed over because their tenant is being erased, and whether it saw as
-- many as it looks for. No number says that somebody else is at it.
--
-- An event that is committed later gets a later number, so nobody who has read n misses one below n; those of one
-- transaction keep their order, which ids of the same millisecond do not.
CREATE FUNCTION core.number_events(maximum integer, behind uuid, since xid8)
RETURNS TABLE (numbered integer, passed_over integer, may_have_more boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    oldest CONSTANT integer := COALESCE(age(since::xid), 2147483647);
BEGIN
    PERFORM FROM core.event_relay FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH first AS MATERIALIZED (
        SELECT e.tenant_id, e.id, e.at
        FROM core.events AS e
        WHERE e.seq IS NULL AND e.id > behind AND age(e.xmin) <= oldest
        ORDER BY e.id
        LIMIT maximum
    ), rest AS MATERIALIZED (
        -- Of a millisecond that has begun all are taken, because its ids are in no order.
        SELECT e.tenant_id, e.id, e.at
        FROM (SELECT f.id FROM first AS f ORDER BY f.id DESC LIMIT 1) AS last
        JOIN core.events AS e
            ON e.id > last.id AND e.id <= (left(last.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid
        WHERE e.seq IS NULL AND age(e.xmin) <= oldest
    ), found AS MATERIALIZED (
        SELECT f.tenant_id, f.id, f.at FROM first AS f
        UNION ALL
        SELECT r.tenant_id, r.id, r.at FROM rest AS r
    ), counted AS MATERIALIZED (
        SELECT f.tenant_id, count(*) AS events
        FROM found AS f
        GROUP BY f.tenant_id
    ), known AS MATERIALIZED (
        -- An erasure removes the head before the events, and holds it until it ends: who has it has the events too.
        SELECT h.tenant_id
        FROM core.event_heads AS h
        WHERE h.tenant_id IN (SELECT c.tenant_id FROM counted AS c)
        FOR UPDATE OF h SKIP LOCKED
    ), fresh AS MATERIALIZED (
        -- Who has no head yet is not erased before there is one: an erasure holds the tenant.
        SELECT t.id AS tenant_id
        FROM core.tenants AS t
        WHERE t.id IN (SELECT c.tenant_id FROM counted AS c)
          AND NOT EXISTS (SELECT FROM core.event_heads AS h WHERE h.tenant_id = t.id)
        FOR KEY SHARE OF t SKIP LOCKED
    ), heads AS (
        INSERT INTO core.event_heads AS h (tenant_id, seq)
        SELECT c.tenant_id, c.events
        FROM counted AS c
        JOIN core.tenants AS t ON t.id = c.tenant_id
        WHERE c.tenant_id IN (SELECT k.tenant_id FROM known AS k UNION ALL SELECT f.tenant_id FROM fresh AS f)
        ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + EXCLUDED.seq
        RETURNING h.tenant_id, h.seq
    ), placed AS (
        SELECT f.tenant_id, f.id,
               h.seq - c.events + row_number() OVER (PARTITION BY f.tenant_id ORDER BY f.at, f.id) AS seq
        FROM found AS f
        JOIN counted AS c USING (tenant_id)
        JOIN heads AS h USING (tenant_id)
    ), done AS (
        UPDATE core.events AS e
        SET seq = p.seq
        FROM placed AS p
        WHERE e.tenant_id = p.tenant_id AND e.id = p.id
        RETURNING e.id
    ), gone AS (
        -- What was told of while the tenant was erased goes with it.
        DELETE FROM core.events AS e
        USING found AS f
        WHERE e.tenant_id = f.tenant_id AND e.id = f.id
          AND NOT EXISTS (SELECT FROM core.tenants AS t WHERE t.id = f.tenant_id)
        RETURNING e.id
    )
    SELECT d.events, f.events - d.events - g.events, f.events >= maximum
    INTO numbered, passed_over, may_have_more
    FROM (SELECT count(*) AS events FROM done) AS d
    CROSS JOIN (SELECT count(*) AS events FROM gone) AS g
    CROSS JOIN (SELECT count(*) AS events FROM found) AS f;
    RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION core.number_events(integer, uuid, xid8) TO romashka_worker;

-- As servers of before the upgrade call it.
CREATE OR REPLACE FUNCTION core.number_events(maximum integer)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT n.numbered
        FROM core.number_events(maximum, '00000000-0000-0000-0000-000000000000', NULL) AS n);
END
$$;
