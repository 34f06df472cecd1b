-- Jobs for less, and strictly: what a chain, a time and a key promise holds in every case.
--
-- PostgreSQL reads each CHECK of a table anew for every INSERT that is run, which took a quarter of the time of
-- enqueuing; those of a domain are read once for a connection. So rules of one column are rules of its type here. The
-- rows that lie in the queue are written once more by this.

CREATE DOMAIN core.job_priority AS smallint CHECK (VALUE BETWEEN 0 AND 9);
-- As text, which is what is read: a number of twelve bytes may have a hundred thousand digits.
CREATE DOMAIN core.job_payload AS jsonb CHECK (octet_length(VALUE::text) <= 262144);
CREATE DOMAIN core.job_failures AS jsonb CHECK (jsonb_typeof(VALUE) = 'array');
CREATE DOMAIN core.job_steps AS jsonb CHECK (jsonb_typeof(VALUE) = 'object' AND octet_length(VALUE::text) <= 262144);
-- the name of a chain or a key
CREATE DOMAIN core.job_label AS text CHECK (length(VALUE) BETWEEN 1 AND 200);
CREATE DOMAIN core.causation_depth AS smallint CHECK (VALUE >= 0);
CREATE DOMAIN core.traceparent AS text CHECK (length(VALUE) <= 100);
CREATE DOMAIN core.job_outcome AS text CHECK (VALUE IN ('succeeded', 'cancelled'));

DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN
        SELECT c.conrelid::regclass AS relation, c.conname AS name
        FROM pg_constraint AS c
        WHERE c.contype = 'c' AND c.coninhcount = 0 AND cardinality(c.conkey) = 1
          AND c.conrelid IN ('core.jobs_ready'::regclass, 'core.jobs_waiting'::regclass,
                             'core.jobs_finished'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', rule.relation, rule.name);
    END LOOP;
END
$$;

DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY ARRAY['core.jobs_ready', 'core.jobs_waiting', 'core.jobs_running', 'core.jobs_dead'] LOOP
        EXECUTE format(
            'ALTER TABLE %s
                 ALTER COLUMN priority TYPE core.job_priority,
                 ALTER COLUMN payload TYPE core.job_payload,
                 ALTER COLUMN failures TYPE core.job_failures,
                 ALTER COLUMN steps TYPE core.job_steps,
                 ALTER COLUMN chain TYPE core.job_label,
                 ALTER COLUMN unique_key TYPE core.job_label,
                 ALTER COLUMN depth TYPE core.causation_depth,
                 ALTER COLUMN trace TYPE core.traceparent', place);
    END LOOP;
END
$$;
ALTER TABLE core.jobs_finished ALTER COLUMN outcome TYPE core.job_outcome;

-- What a job in a chain asked for: not before this, when its turn comes earlier.
ALTER TABLE core.jobs_waiting ADD COLUMN not_before timestamptz;

-- A job may end long after it was enqueued, when the leaf of its day is gone: such rows lie in a leaf for the rest, and
-- are removed one by one.
CREATE TABLE core.jobs_finished_rest PARTITION OF core.jobs_finished DEFAULT;
GRANT UPDATE (not_before) ON core.jobs_waiting TO romashka_worker;
-- to clean it up
GRANT EXECUTE ON FUNCTION core.uuid_floor(timestamptz), core.leaf_end(text) TO romashka_worker;

-- Takes a unique key for a job; answers the job that has it already, or NULL when it is this one's now.
--
-- With replaces, the last request wins (debounce): a job that waits under the key, or is ready and did not begin, takes
-- this payload and time instead; one that runs keeps what it has, and this job takes the key over from it.
CREATE FUNCTION core.hold_job_key(
    tenant uuid, module text, unique_key text, job_id uuid, unique_for interval, replaces boolean, payload jsonb,
    run_at timestamptz
)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    held_by uuid;
BEGIN
    LOOP
        INSERT INTO core.job_keys AS held (tenant_id, module, unique_key, job_id, expires_at)
        VALUES (hold_job_key.tenant, hold_job_key.module, hold_job_key.unique_key, hold_job_key.job_id,
                COALESCE(clock_timestamp() + hold_job_key.unique_for, 'infinity'))
        ON CONFLICT (tenant_id, module, unique_key) DO UPDATE
        SET job_id = EXCLUDED.job_id, expires_at = EXCLUDED.expires_at
        WHERE held.expires_at <= clock_timestamp();
        IF FOUND THEN
            RETURN NULL;
        END IF;

        -- Locked, so that of two requests that replace the later one wins.
        SELECT held.job_id INTO held_by
        FROM core.job_keys AS held
        WHERE held.tenant_id = hold_job_key.tenant AND held.module = hold_job_key.module
          AND held.unique_key = hold_job_key.unique_key
        FOR UPDATE;
        -- Else whoever held it was done meanwhile.
        IF FOUND THEN
            EXIT;
        END IF;
    END LOOP;
    IF NOT hold_job_key.replaces THEN
        RETURN held_by;
    END IF;

    UPDATE core.jobs_waiting AS w
    SET payload = hold_job_key.payload, attempt = 0, steps = '{}',
        run_at = CASE WHEN w.run_at = 'infinity' THEN w.run_at
                      ELSE COALESCE(hold_job_key.run_at, clock_timestamp()) END,
        not_before = CASE WHEN w.run_at = 'infinity' THEN hold_job_key.run_at END
    WHERE w.tenant_id = hold_job_key.tenant AND w.id = held_by;
    IF FOUND THEN
        RETURN held_by;
    END IF;
    WITH taken AS (
        DELETE FROM core.jobs_ready AS r
        WHERE r.tenant_id = hold_job_key.tenant AND r.id = held_by
        RETURNING r.*
    )
    INSERT INTO core.jobs_waiting (
        tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, failures, chain, place, unique_key,
        root, depth, trace, enqueued_at, run_at)
    SELECT t.tenant_id, t.id, t.module, t.kind, t.priority, hold_job_key.payload, t.max_attempts, t.timeout_ms,
           t.failures, t.chain, t.place, t.unique_key, t.root, t.depth, t.trace, t.enqueued_at,
           COALESCE(hold_job_key.run_at, clock_timestamp())
    FROM taken AS t;
    IF FOUND THEN
        RETURN held_by;
    END IF;
    UPDATE core.job_keys AS held
    SET job_id = hold_job_key.job_id,
        expires_at = COALESCE(clock_timestamp() + hold_job_key.unique_for, 'infinity')
    WHERE held.tenant_id = hold_job_key.tenant AND held.module = hold_job_key.module
      AND held.unique_key = hold_job_key.unique_key;
    RETURN NULL;
END
$$;

-- Puts a job where it belongs; answers its id, or that of the job which has its unique key already.
--
-- With unique_for the key is held so long, done or not; without it until the job is done. It pins no settings, which
-- costs as much as an INSERT: every name says its schema.
CREATE OR REPLACE FUNCTION core.put_job(
    tenant uuid, module text, kind text, payload jsonb, run_at timestamptz, priority smallint, chain text,
    unique_key text, unique_for interval, replaces boolean, root uuid, depth smallint, trace text
)
RETURNS uuid
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    new_id  uuid := core.uuid7();
    due     timestamptz := put_job.run_at;
    held_by uuid;
    turn    bigint;
    line    bigint;
BEGIN
    IF put_job.unique_key IS NOT NULL THEN
        held_by := core.hold_job_key(
            put_job.tenant, put_job.module, put_job.unique_key, new_id, put_job.unique_for, put_job.replaces,
            put_job.payload, put_job.run_at);
        IF held_by IS NOT NULL THEN
            RETURN held_by;
        END IF;
    END IF;

    IF put_job.chain IS NOT NULL THEN
        INSERT INTO core.job_chains AS c (tenant_id, module, chain, newest, live)
        VALUES (put_job.tenant, put_job.module, put_job.chain, 1, 1)
        ON CONFLICT (tenant_id, module, chain) DO UPDATE
        SET newest = c.newest + 1, live = c.live + 1
        RETURNING c.newest, c.live INTO turn, line;
        IF line > 1 THEN due := 'infinity'; END IF;
    END IF;

    IF due > clock_timestamp() THEN
        INSERT INTO core.jobs_waiting (
            tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, chain, place, unique_key,
            root, depth, trace, run_at, not_before)
        SELECT put_job.tenant, new_id, k.module, k.kind, put_job.priority, put_job.payload, k.max_attempts,
               k.timeout_ms, put_job.chain, turn, put_job.unique_key, COALESCE(put_job.root, new_id), put_job.depth,
               put_job.trace, due, put_job.run_at
        FROM core.job_kinds AS k
        WHERE k.module = put_job.module AND k.kind = put_job.kind;
    ELSE
        INSERT INTO core.jobs_ready (
            tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, chain, place, unique_key,
            root, depth, trace)
        SELECT put_job.tenant, new_id, k.module, k.kind, put_job.priority, put_job.payload, k.max_attempts,
               k.timeout_ms, put_job.chain, turn, put_job.unique_key, COALESCE(put_job.root, new_id), put_job.depth,
               put_job.trace
        FROM core.job_kinds AS k
        WHERE k.module = put_job.module AND k.kind = put_job.kind;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the job % is not declared', put_job.kind USING ERRCODE = '22023';
    END IF;
    RETURN new_id;
END
$$;
-- A function that is replaced keeps what was set for it.
ALTER FUNCTION core.put_job(
    uuid, text, text, jsonb, timestamptz, smallint, text, text, interval, boolean, uuid, smallint, text) RESET ALL;

-- For modules: enqueues one of their own jobs for the tenant of the session, in its transaction.
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
    origin uuid;
    below  smallint := 0;
BEGIN
    -- A job that enqueues hands on what caused it; nobody else may say so. Only events count as steps away from the
    -- cause: a job that goes on in another, page by page, is no loop.
    IF core.actor_kind() = 's' THEN
        SELECT r.root, r.depth
        INTO origin, below
        FROM core.jobs_running AS r
        WHERE r.tenant_id = core.tenant_id() AND r.id = core.actor_id();
    END IF;
    RETURN core.put_job(
        core.tenant_id(), core.session_module(), enqueue.kind, enqueue.payload, enqueue.run_at,
        enqueue.priority::smallint, enqueue.chain, enqueue.unique_key, enqueue.unique_for, enqueue.replaces,
        origin, COALESCE(below, 0::smallint), enqueue.trace);
END
$$;

-- For modules: the job of this session is done, in the transaction of its last effect. Fails when another worker has
-- it by now, so that nothing a zombie does is kept.
CREATE OR REPLACE FUNCTION core.complete(lease uuid)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    job record;
BEGIN
    WITH gone AS (
        DELETE FROM core.jobs_running AS r
        WHERE r.tenant_id = core.tenant_id() AND r.id = core.actor_id() AND core.actor_kind() = 's'
          AND r.lease = complete.lease AND r.module = core.session_module()
        RETURNING r.tenant_id, r.id, r.module, r.kind, r.payload, r.attempt, r.failures, r.root, r.depth,
                  r.enqueued_at, r.claimed_at, r.unique_key, r.chain
    ), kept AS (
        INSERT INTO core.jobs_finished (
            tenant_id, id, module, kind, outcome, payload, attempt, failures, root, depth, enqueued_at, claimed_at)
        SELECT g.tenant_id, g.id, g.module, g.kind, 'succeeded', g.payload, g.attempt, g.failures, g.root, g.depth,
               g.enqueued_at, g.claimed_at
        FROM gone AS g
    )
    SELECT g.tenant_id, g.id, g.module, g.unique_key, g.chain INTO job FROM gone AS g;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease of this job is lost' USING ERRCODE = 'RK001';
    END IF;
    IF job.unique_key IS NOT NULL OR job.chain IS NOT NULL THEN
        PERFORM core.release_job(job.tenant_id, job.id, job.module, job.unique_key, job.chain);
    END IF;
END
$$;

-- After a job has left for good: its key and the next of its chain are free.
CREATE OR REPLACE FUNCTION core.release_job(tenant uuid, job_id uuid, module text, unique_key text, chain text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    line bigint;
    head uuid;
BEGIN
    IF release_job.unique_key IS NOT NULL THEN
        DELETE FROM core.job_keys AS held
        WHERE held.tenant_id = release_job.tenant AND held.module = release_job.module
          AND held.unique_key = release_job.unique_key AND held.job_id = release_job.job_id
          AND held.expires_at = 'infinity';
    END IF;
    IF release_job.chain IS NULL THEN
        RETURN;
    END IF;
    -- The last one takes the chain's row along; the lock comes first, for who enqueues at this moment.
    SELECT c.live - 1 INTO line
    FROM core.job_chains AS c
    WHERE c.tenant_id = release_job.tenant AND c.module = release_job.module AND c.chain = release_job.chain
    FOR UPDATE;
    IF line = 0 THEN
        DELETE FROM core.job_chains AS c
        WHERE c.tenant_id = release_job.tenant AND c.module = release_job.module AND c.chain = release_job.chain;
        RETURN;
    END IF;
    UPDATE core.job_chains AS c
    SET live = line
    WHERE c.tenant_id = release_job.tenant AND c.module = release_job.module AND c.chain = release_job.chain;

    SELECT w.id INTO head
    FROM core.jobs_waiting AS w
    WHERE w.tenant_id = release_job.tenant AND w.module = release_job.module AND w.chain = release_job.chain
    ORDER BY w.place
    LIMIT 1;
    -- Whose turn it is, and who asked not to begin before a time, waits for that.
    UPDATE core.jobs_waiting AS w
    SET run_at = w.not_before, not_before = NULL
    WHERE w.tenant_id = release_job.tenant AND w.id = head AND w.run_at = 'infinity'
      AND w.not_before > clock_timestamp();
    WITH next AS (
        DELETE FROM core.jobs_waiting AS w
        WHERE w.tenant_id = release_job.tenant AND w.id = head AND w.run_at = 'infinity'
        RETURNING w.*
    )
    INSERT INTO core.jobs_ready
    SELECT n.tenant_id, n.id, n.module, n.kind, n.priority, n.payload, n.max_attempts, n.timeout_ms, n.attempt,
           n.failures, n.steps, n.chain, n.place, n.unique_key, n.root, n.depth, n.trace, n.enqueued_at
    FROM next AS n;
END
$$;

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

-- Removes what has served its time, of each kind at most so many rows; to be called until nothing is left.
CREATE OR REPLACE FUNCTION core.cleanup_old_data(maximum integer DEFAULT 5000)
RETURNS TABLE (kind text, removed bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rule   record;
    oldest uuid;
BEGIN
    FOR rule IN
        SELECT *
        FROM (VALUES
            ('idempotency_keys',  'created_at', interval '1 day'),
            ('login_throttles',   'window_ends_at', interval '0'),
            ('password_resets',   'expires_at', interval '30 days'),
            ('invitations',       'expires_at', interval '30 days'),
            ('sessions',          'expires_at', interval '30 days'),
            ('operator_tokens',   'expires_at', interval '90 days'),
            ('oidc_used_states',  'expires_at', interval '0'),
            ('plugin_crashes',    'crashed_at', interval '90 days'),
            -- keys that were held for a time, not until their job is done
            ('job_keys',          'expires_at', interval '0'),
            ('job_workers',       'expires_at', interval '1 hour'),
            ('jobs_dead',         'died_at',
             make_interval(days => core.keeps_days('retention.dead_jobs_days', 365))),
            ('maintenance_runs',  'ended_at', interval '90 days'),
            ('password_reset_requests', 'created_at', interval '1 day'),
            ('operator_idempotency_keys', 'created_at', interval '1 day'),
            ('changes',           'at', interval '1 day')
        ) AS rules (name, moment, keep)
    LOOP
        -- of a later migration
        CONTINUE WHEN to_regclass('core.' || rule.name) IS NULL;
        EXECUTE format(
            'DELETE FROM core.%1$I WHERE ctid = ANY (ARRAY('
            'SELECT o.ctid FROM core.%1$I AS o WHERE o.%2$I < now() - $1 LIMIT $2))', rule.name, rule.moment)
        USING rule.keep, maximum;
        GET DIAGNOSTICS removed = ROW_COUNT;
        kind := rule.name;
        RETURN NEXT;
    END LOOP;

    -- Finished jobs go with their leaf, but for those whose leaf had gone before they ended.
    SELECT core.uuid_floor(min(core.leaf_end(c.relname::text) - CASE
               WHEN c.relname ~ '_[0-9]{8}$' THEN interval '1 day' ELSE interval '1 month' END) AT TIME ZONE 'UTC')
    INTO oldest
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'core.jobs_finished'::regclass;
    DELETE FROM core.jobs_finished AS f
    WHERE f.id < oldest
      AND (f.tenant_id, f.id) IN (
          SELECT o.tenant_id, o.id
          FROM core.jobs_finished AS o
          WHERE o.id < oldest
            AND o.finished_at < now() - make_interval(days => core.keeps_days('retention.finished_jobs_days', 7))
          LIMIT maximum);
    GET DIAGNOSTICS removed = ROW_COUNT;
    kind := 'jobs_finished';
    RETURN NEXT;
END
$$;

-- Tells workers that listen that there may be new jobs: nothing else, for whoever may connect may hear it.
CREATE FUNCTION core.ring_for_jobs()
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NOTIFY romashka_jobs;
END
$$;
GRANT EXECUTE ON FUNCTION core.ring_for_jobs() TO romashka_worker;
