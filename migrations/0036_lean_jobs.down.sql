-- As in 0019; and neither customers nor visitors ask for jobs, whatever SQL runs in their session: a job is trusted with
-- the whole tenant, and what it is given could name anybody. What they do is told as events, from which jobs follow.
CREATE OR REPLACE FUNCTION core.enqueue(
    kind text, payload jsonb, run_at timestamptz DEFAULT NULL, priority integer DEFAULT 5, chain text DEFAULT NULL,
    unique_key text DEFAULT NULL, unique_for interval DEFAULT NULL, replaces boolean DEFAULT false,
    trace text DEFAULT NULL
)
RETURNS uuid
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    actor  text := core.actor_kind();
    origin uuid;
    below  smallint := 0;
BEGIN
    IF actor IN ('c', 'p') THEN
        RAISE EXCEPTION 'neither customers nor visitors enqueue jobs' USING ERRCODE = '42501';
    END IF;
    -- A job that enqueues hands on what caused it; nobody else may say so. Only events count as steps away from the
    -- cause: a job that goes on in another, page by page, is no loop.
    IF actor = 's' THEN
        SELECT r.root, r.depth
        INTO origin, below
        FROM core.jobs_running AS r
        WHERE r.tenant_id = core.tenant_id() AND r.id = core.actor_id();
        IF origin IS NULL THEN
            SELECT c.root, c.depth INTO origin, below FROM core.cause_of_job(core.tenant_id(), core.actor_id()) AS c;
        END IF;
    END IF;
    PERFORM core.require_room_for_job(core.tenant_id(), core.session_module(), origin IS NOT NULL);
    RETURN core.put_job(
        core.tenant_id(), core.session_module(), enqueue.kind, enqueue.payload, enqueue.run_at,
        enqueue.priority::smallint, enqueue.chain, enqueue.unique_key, enqueue.unique_for, enqueue.replaces,
        origin, COALESCE(below, 0::smallint), enqueue.trace);
END
$$;

CREATE INDEX jobs_running_worker ON core.jobs_running (worker_id);
CREATE INDEX jobs_running_lane ON core.jobs_running (module, tenant_id);
