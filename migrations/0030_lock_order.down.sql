-- Takes a job out that has not begun. Answers what it was: waiting, ready, dead, or NULL when it is none of these.
CREATE OR REPLACE FUNCTION core.cancel_job(tenant uuid, job_id uuid)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    job         record;
    state       text;
    has_no_turn boolean := false;
BEGIN
    -- The chain's lock comes first, as for everybody else.
    PERFORM
    FROM core.job_chains AS c
    WHERE (c.tenant_id, c.module, c.chain) IN (
        SELECT w.tenant_id, w.module, w.chain FROM core.jobs_waiting AS w WHERE w.tenant_id = tenant AND w.id = job_id
        UNION ALL
        SELECT r.tenant_id, r.module, r.chain FROM core.jobs_ready AS r WHERE r.tenant_id = tenant AND r.id = job_id)
    FOR UPDATE;

    DELETE FROM core.jobs_ready AS r
    WHERE r.tenant_id = tenant AND r.id = job_id
    RETURNING r.module, r.kind, r.payload, r.attempt, r.failures, r.root, r.depth, r.enqueued_at, r.unique_key, r.chain
    INTO job;
    state := CASE WHEN FOUND THEN 'ready' END;
    IF state IS NULL THEN
        DELETE FROM core.jobs_waiting AS w
        WHERE w.tenant_id = tenant AND w.id = job_id
        RETURNING w.module, w.kind, w.payload, w.attempt, w.failures, w.root, w.depth, w.enqueued_at, w.unique_key,
                  w.chain, w.run_at = 'infinity' AS has_no_turn
        INTO job;
        IF FOUND THEN
            state := 'waiting';
            has_no_turn := job.has_no_turn;
        END IF;
    END IF;
    IF state IS NULL THEN
        DELETE FROM core.jobs_dead AS d
        WHERE d.tenant_id = tenant AND d.id = job_id
        RETURNING d.module, d.kind, d.payload, d.attempt, d.failures, d.root, d.depth, d.enqueued_at,
                  NULL::text AS unique_key, NULL::text AS chain
        INTO job;
        state := CASE WHEN FOUND THEN 'dead' END;
    END IF;
    IF state IS NULL THEN
        RETURN NULL;
    END IF;

    INSERT INTO core.jobs_finished (
        tenant_id, id, module, kind, outcome, payload, attempt, failures, root, depth, enqueued_at)
    VALUES (tenant, job_id, job.module, job.kind, 'cancelled', job.payload, job.attempt, job.failures, job.root,
            job.depth, job.enqueued_at);
    -- One that waited behind others leaves them their turn.
    IF has_no_turn AND job.chain IS NOT NULL THEN
        UPDATE core.job_chains AS c
        SET live = c.live - 1
        WHERE c.tenant_id = tenant AND c.module = job.module AND c.chain = job.chain;
    END IF;
    PERFORM core.release_job(
        tenant, job_id, job.module, job.unique_key, CASE WHEN NOT has_no_turn THEN job.chain END);
    RETURN state;
END
$$;
