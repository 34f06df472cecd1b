-- What a job costs beyond what it needs.

-- Every job left an entry in each, and none was found by them: the limit of a tenant's running jobs is counted by the
-- primary key, and what a worker has is looked for once in some seconds, in a table of as many rows as there are slots.
DROP INDEX core.jobs_running_lane;
DROP INDEX core.jobs_running_worker;

-- As in 0024; and a job that is to run at once, without a key or a chain, is put there by one statement, for each one
-- that a function runs costs a third of an INSERT. Whoever gets no row by it goes the long way, which says why.
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
    new_id uuid;
    origin uuid;
    below  smallint := 0;
BEGIN
    IF actor IN ('c', 'p') THEN
        RAISE EXCEPTION 'neither customers nor visitors enqueue jobs' USING ERRCODE = '42501';
    END IF;
    IF actor <> 's' AND enqueue.run_at IS NULL AND enqueue.chain IS NULL AND enqueue.unique_key IS NULL THEN
        new_id := core.uuid7();
        INSERT INTO core.jobs_ready (
            tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, root, depth, trace)
        SELECT core.tenant_id(), new_id, k.module, k.kind, enqueue.priority::smallint, enqueue.payload, k.max_attempts,
               k.timeout_ms, new_id, 0, enqueue.trace
        FROM core.job_kinds AS k
        WHERE k.module = core.session_module() AND k.kind = enqueue.kind
          AND NOT EXISTS (
              SELECT
              FROM core.job_backlogs AS b
              WHERE b.tenant_id = core.tenant_id() AND b.module = k.module AND b.jobs >= b.allowed);
        IF FOUND THEN
            RETURN new_id;
        END IF;
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
