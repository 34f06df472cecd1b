-- Jobs: what is to be done after a change, at least once, in fair turns between tenants.
--
-- A job lies in exactly one table: waiting (its time has not come, or one before it in its chain is not done), ready,
-- running, finished or dead. Moving instead of marking keeps the tables that are scanned all the time small. None of
-- them refers to core.tenants: the check of a foreign key would lock the tenant's row for every job.

-- What modules declare in plugin.json; written by migrate.
CREATE TABLE core.job_kinds (
    module       text     NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    kind         text     NOT NULL CHECK (length(kind) BETWEEN 3 AND 80),
    -- runs, the first included
    max_attempts smallint NOT NULL CHECK (max_attempts BETWEEN 1 AND 50),
    timeout_ms   int4     NOT NULL CHECK (timeout_ms BETWEEN 100 AND 86400000),
    PRIMARY KEY (module, kind),
    CHECK (kind LIKE module || '.%')
);

CREATE TABLE core.jobs_ready (
    tenant_id    uuid        NOT NULL,
    id           uuid        NOT NULL,
    module       text        NOT NULL,
    kind         text        NOT NULL,
    -- 0 goes first, among the jobs of one tenant and module
    priority     smallint    NOT NULL CHECK (priority BETWEEN 0 AND 9),
    payload      jsonb       NOT NULL CHECK (pg_column_size(payload) <= 262144),
    max_attempts smallint    NOT NULL,
    timeout_ms   int4        NOT NULL,
    -- how many attempts have counted
    attempt      smallint    NOT NULL DEFAULT 0,
    -- what went wrong in them: [{"attempt", "at", "code", "error", "worker"}], the newest last
    failures     jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(failures) = 'array'),
    -- names of the steps that are done for good, with what they came to
    steps        jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(steps) = 'object'),
    -- jobs of one chain run one after the other, in the order they were enqueued
    chain        text        CHECK (length(chain) BETWEEN 1 AND 200),
    place        bigint      CHECK ((place IS NULL) = (chain IS NULL)),
    -- holds a line of core.job_keys
    unique_key   text        CHECK (length(unique_key) BETWEEN 1 AND 200),
    -- what began it all: an event, or the job itself
    root         uuid        NOT NULL,
    -- events and jobs between the root and this
    depth        smallint    NOT NULL CHECK (depth >= 0),
    -- traceparent of the request or job that enqueued it
    trace        text        CHECK (length(trace) <= 100),
    enqueued_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
-- a lane is a tenant within a module
CREATE INDEX jobs_ready_lane ON core.jobs_ready (module, tenant_id, priority, id);

CREATE TABLE core.jobs_waiting (
    LIKE core.jobs_ready INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    -- 'infinity' while it waits for its turn in the chain
    run_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX jobs_waiting_due ON core.jobs_waiting (module, run_at) WHERE run_at < 'infinity';
CREATE INDEX jobs_waiting_chain ON core.jobs_waiting (tenant_id, module, chain, place) WHERE chain IS NOT NULL;

-- What comes here and to the dead letters has been checked where it came from.
CREATE TABLE core.jobs_running (
    LIKE core.jobs_ready INCLUDING DEFAULTS,
    worker_id   uuid        NOT NULL,
    -- made anew by each claim: who holds an old one completes nothing
    lease       uuid        NOT NULL,
    claimed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- what the claim charged its lane for it, settled when its length is known
    charged_ms  float8      NOT NULL,
    PRIMARY KEY (tenant_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX jobs_running_lane ON core.jobs_running (module, tenant_id);
CREATE INDEX jobs_running_worker ON core.jobs_running (worker_id);

-- Dropped by months; what is older than the retention is deleted before that.
CREATE TABLE core.jobs_finished (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    module      text        NOT NULL,
    kind        text        NOT NULL,
    outcome     text        NOT NULL CHECK (outcome IN ('succeeded', 'cancelled')),
    payload     jsonb       NOT NULL,
    attempt     smallint    NOT NULL,
    failures    jsonb       NOT NULL,
    root        uuid        NOT NULL,
    depth       smallint    NOT NULL,
    enqueued_at timestamptz NOT NULL,
    claimed_at  timestamptz,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
) PARTITION BY RANGE (id);

-- Dead letters: no attempt is left. They stay until somebody runs them again or throws them away.
CREATE TABLE core.jobs_dead (
    LIKE core.jobs_ready INCLUDING DEFAULTS,
    died_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX jobs_dead_module ON core.jobs_dead (tenant_id, module, kind, died_at);

-- A key that a second job may not have, until the first is done or until a time.
CREATE TABLE core.job_keys (
    tenant_id  uuid        NOT NULL,
    module     text        NOT NULL,
    unique_key text        NOT NULL CHECK (length(unique_key) BETWEEN 1 AND 200),
    job_id     uuid        NOT NULL,
    -- 'infinity': until the job is done
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, module, unique_key)
);
CREATE INDEX job_keys_age ON core.job_keys (expires_at) WHERE expires_at < 'infinity';

-- Its row's lock makes the order of places the order of commits.
CREATE TABLE core.job_chains (
    tenant_id uuid   NOT NULL,
    module    text   NOT NULL,
    chain     text   NOT NULL CHECK (length(chain) BETWEEN 1 AND 200),
    -- the place of the newest job, and how many are not done
    newest    bigint NOT NULL,
    live      bigint NOT NULL CHECK (live > 0),
    PRIMARY KEY (tenant_id, module, chain)
);

-- A claim is planned on what was read at one revision and counts only if it is still that one: turns and limits are
-- exact, whoever claims beside it.
CREATE TABLE core.job_queues (
    module       text   PRIMARY KEY CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    revision     bigint NOT NULL DEFAULT 0,
    -- the virtual time of what was claimed last: who wakes up starts here and cashes in no idle time
    virtual_time float8 NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE core.job_lanes (
    tenant_id    uuid   NOT NULL,
    module       text   NOT NULL,
    -- milliseconds of work had so far, divided by the weight
    virtual_time float8 NOT NULL,
    -- how long a job takes here, as a moving average in milliseconds
    cost_ms      float8 NOT NULL CHECK (cost_ms > 0),
    PRIMARY KEY (tenant_id, module)
) WITH (fillfactor = 50);

-- One heartbeat for all jobs of a process.
CREATE TABLE core.job_workers (
    id         uuid        PRIMARY KEY,
    module     text        NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    host       text        NOT NULL CHECK (length(host) BETWEEN 1 AND 255),
    process    int8        NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- whoever has not been heard of until then has lost its jobs
    expires_at timestamptz NOT NULL
);

-- ---------------------------------------------------------------------------------------------------------
-- Functions. Those on the tables that fill and empty all the time take indexes whatever their statistics say.
-- ---------------------------------------------------------------------------------------------------------

-- A UUIDv7 of this moment; PostgreSQL has none of its own before 18.
CREATE FUNCTION core.uuid7()
RETURNS uuid
LANGUAGE sql
VOLATILE
RETURN overlay(overlay(replace(gen_random_uuid()::text, '-', '')
    PLACING lpad(to_hex((EXTRACT(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') FROM 1)
    PLACING '7' FROM 13)::uuid;

-- The module whose role this session logged in as; NULL for the kernel's own.
CREATE FUNCTION core.session_module()
RETURNS text
LANGUAGE sql
STABLE
RETURN CASE WHEN session_user LIKE 'romashka\_m\_%' THEN substr(session_user, 12) END;

-- Puts a job where it belongs; answers its id, or that of the job which has its unique key already.
--
-- With unique_for the key is held so long, done or not; without it until the job is done. With replaces, a job that
-- waits under the key takes this payload and time instead (debounce).
CREATE FUNCTION core.put_job(
    tenant uuid, module text, kind text, payload jsonb, run_at timestamptz, priority smallint, chain text,
    unique_key text, unique_for interval, replaces boolean, root uuid, depth smallint, trace text
)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    declared core.job_kinds;
    new_id   uuid := core.uuid7();
    held_by  uuid;
    due      timestamptz := put_job.run_at;
    turn     bigint;
    line     bigint;
BEGIN
    SELECT k.* INTO declared FROM core.job_kinds AS k WHERE k.module = put_job.module AND k.kind = put_job.kind;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the job % is not declared', put_job.kind USING ERRCODE = '22023';
    END IF;

    WHILE put_job.unique_key IS NOT NULL LOOP
        INSERT INTO core.job_keys AS held (tenant_id, module, unique_key, job_id, expires_at)
        VALUES (put_job.tenant, put_job.module, put_job.unique_key, new_id,
                COALESCE(clock_timestamp() + put_job.unique_for, 'infinity'))
        ON CONFLICT (tenant_id, module, unique_key) DO UPDATE
        SET job_id = EXCLUDED.job_id, expires_at = EXCLUDED.expires_at
        WHERE held.expires_at <= clock_timestamp();
        EXIT WHEN FOUND;

        SELECT held.job_id INTO held_by
        FROM core.job_keys AS held
        WHERE held.tenant_id = put_job.tenant AND held.module = put_job.module
          AND held.unique_key = put_job.unique_key;
        -- Else whoever held it was done meanwhile.
        IF FOUND THEN
            IF put_job.replaces THEN
                UPDATE core.jobs_waiting AS w
                SET payload = put_job.payload, run_at = put_job.run_at
                WHERE w.tenant_id = put_job.tenant AND w.id = held_by AND w.run_at < 'infinity' AND w.attempt = 0;
            END IF;
            RETURN held_by;
        END IF;
    END LOOP;

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
            root, depth, trace, run_at)
        VALUES (put_job.tenant, new_id, put_job.module, put_job.kind, put_job.priority, put_job.payload,
                declared.max_attempts, declared.timeout_ms, put_job.chain, turn, put_job.unique_key,
                COALESCE(put_job.root, new_id), put_job.depth, put_job.trace, due);
    ELSE
        INSERT INTO core.jobs_ready (
            tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms, chain, place, unique_key,
            root, depth, trace)
        VALUES (put_job.tenant, new_id, put_job.module, put_job.kind, put_job.priority, put_job.payload,
                declared.max_attempts, declared.timeout_ms, put_job.chain, turn, put_job.unique_key,
                COALESCE(put_job.root, new_id), put_job.depth, put_job.trace);
    END IF;
    RETURN new_id;
END
$$;

-- For modules: enqueues one of their own jobs for the tenant of the session, in its transaction.
CREATE FUNCTION core.enqueue(
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
    cause record;
BEGIN
    -- A job that enqueues hands on what caused it; nobody else may say so.
    SELECT r.root, (r.depth + 1)::smallint AS depth
    INTO cause
    FROM core.jobs_running AS r
    WHERE core.actor_kind() = 's' AND r.tenant_id = core.tenant_id() AND r.id = core.actor_id();
    RETURN core.put_job(
        core.tenant_id(), core.session_module(), enqueue.kind, enqueue.payload, enqueue.run_at,
        enqueue.priority::smallint, enqueue.chain, enqueue.unique_key, enqueue.unique_for, enqueue.replaces,
        cause.root, COALESCE(cause.depth, 0::smallint), enqueue.trace);
END
$$;
GRANT EXECUTE ON FUNCTION core.enqueue(
    text, jsonb, timestamptz, integer, text, text, interval, boolean, text) TO romashka_modules;

-- After a job has left for good: its key and the next of its chain are free.
CREATE FUNCTION core.release_job(tenant uuid, job_id uuid, module text, unique_key text, chain text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    line bigint;
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
    WITH next AS (
        DELETE FROM core.jobs_waiting AS w
        WHERE w.tenant_id = release_job.tenant
          AND w.id = (
              SELECT head.id
              FROM core.jobs_waiting AS head
              WHERE head.tenant_id = release_job.tenant AND head.module = release_job.module
                AND head.chain = release_job.chain
              ORDER BY head.place
              LIMIT 1)
          AND w.run_at = 'infinity'
        RETURNING w.*
    )
    INSERT INTO core.jobs_ready
    SELECT n.tenant_id, n.id, n.module, n.kind, n.priority, n.payload, n.max_attempts, n.timeout_ms, n.attempt,
           n.failures, n.steps, n.chain, n.place, n.unique_key, n.root, n.depth, n.trace, n.enqueued_at
    FROM next AS n;
END
$$;

-- For modules: the job of this session is done, in the transaction of its last effect. Fails when another worker has
-- it by now, so that nothing a zombie does is kept.
CREATE FUNCTION core.complete(lease uuid)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    job core.jobs_running;
BEGIN
    DELETE FROM core.jobs_running AS r
    WHERE r.tenant_id = core.tenant_id() AND r.id = core.actor_id() AND core.actor_kind() = 's'
      AND r.lease = complete.lease AND r.module = core.session_module()
    RETURNING r.* INTO job;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease of this job is lost' USING ERRCODE = 'RK001';
    END IF;
    INSERT INTO core.jobs_finished (
        tenant_id, id, module, kind, outcome, payload, attempt, failures, root, depth, enqueued_at, claimed_at)
    VALUES (job.tenant_id, job.id, job.module, job.kind, 'succeeded', job.payload, job.attempt, job.failures,
            job.root, job.depth, job.enqueued_at, job.claimed_at);
    IF job.unique_key IS NOT NULL OR job.chain IS NOT NULL THEN
        PERFORM core.release_job(job.tenant_id, job.id, job.module, job.unique_key, job.chain);
    END IF;
END
$$;
GRANT EXECUTE ON FUNCTION core.complete(uuid) TO romashka_modules;

-- For modules: a step of the job of this session is done for good, in the transaction of its effect.
CREATE FUNCTION core.step(lease uuid, name text, result jsonb)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    UPDATE core.jobs_running AS r
    SET steps = r.steps || jsonb_build_object(step.name, step.result)
    WHERE r.tenant_id = core.tenant_id() AND r.id = core.actor_id() AND core.actor_kind() = 's'
      AND r.lease = step.lease AND r.module = core.session_module();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease of this job is lost' USING ERRCODE = 'RK001';
    END IF;
END
$$;
GRANT EXECUTE ON FUNCTION core.step(uuid, text, jsonb) TO romashka_modules;

-- An attempt is over without success: the job waits for the next one, or is dead when there is none. Answers whether
-- the lease still held.
--
-- A failure that does not count gives the attempt back, and the job is ready at once.
CREATE FUNCTION core.fail_job(tenant uuid, job_id uuid, lease uuid, failure jsonb, retry_in interval, counts boolean)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    job core.jobs_running;
BEGIN
    DELETE FROM core.jobs_running AS r
    WHERE r.tenant_id = fail_job.tenant AND r.id = fail_job.job_id AND r.lease = fail_job.lease
    RETURNING r.* INTO job;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF counts THEN
        job.failures := job.failures || jsonb_build_array(
            jsonb_build_object('attempt', job.attempt, 'at', clock_timestamp(), 'worker', job.worker_id) || failure);
    ELSE
        job.attempt := job.attempt - 1;
    END IF;
    IF counts AND (retry_in IS NULL OR job.attempt >= job.max_attempts) THEN
        INSERT INTO core.jobs_dead
        SELECT job.tenant_id, job.id, job.module, job.kind, job.priority, job.payload, job.max_attempts, job.timeout_ms,
               job.attempt, job.failures, job.steps, job.chain, job.place, job.unique_key, job.root, job.depth,
               job.trace, job.enqueued_at;
        PERFORM core.release_job(job.tenant_id, job.id, job.module, job.unique_key, job.chain);
    ELSIF counts THEN
        INSERT INTO core.jobs_waiting
        SELECT job.tenant_id, job.id, job.module, job.kind, job.priority, job.payload, job.max_attempts, job.timeout_ms,
               job.attempt, job.failures, job.steps, job.chain, job.place, job.unique_key, job.root, job.depth,
               job.trace, job.enqueued_at, clock_timestamp() + retry_in;
    ELSE
        INSERT INTO core.jobs_ready
        SELECT job.tenant_id, job.id, job.module, job.kind, job.priority, job.payload, job.max_attempts, job.timeout_ms,
               job.attempt, job.failures, job.steps, job.chain, job.place, job.unique_key, job.root, job.depth,
               job.trace, job.enqueued_at;
    END IF;
    RETURN true;
END
$$;

-- Takes a job out that has not begun. Answers what it was: waiting, ready, dead, or NULL when it is none of these.
CREATE FUNCTION core.cancel_job(tenant uuid, job_id uuid)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    job   core.jobs_dead;
    state text;
BEGIN
    DELETE FROM core.jobs_ready AS r WHERE r.tenant_id = tenant AND r.id = job_id RETURNING r.*, now() INTO job;
    state := CASE WHEN FOUND THEN 'ready' END;
    IF state IS NULL THEN
        DELETE FROM core.jobs_waiting AS w WHERE w.tenant_id = tenant AND w.id = job_id RETURNING w.* INTO job;
        state := CASE WHEN FOUND THEN 'waiting' END;
    END IF;
    IF state IS NULL THEN
        DELETE FROM core.jobs_dead AS d WHERE d.tenant_id = tenant AND d.id = job_id RETURNING d.* INTO job;
        state := CASE WHEN FOUND THEN 'dead' END;
    END IF;
    IF state IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO core.jobs_finished (
        tenant_id, id, module, kind, outcome, payload, attempt, failures, root, depth, enqueued_at)
    VALUES (job.tenant_id, job.id, job.module, job.kind, 'cancelled', job.payload, job.attempt, job.failures,
            job.root, job.depth, job.enqueued_at);
    IF state <> 'dead' THEN
        PERFORM core.release_job(job.tenant_id, job.id, job.module, job.unique_key, job.chain);
    END IF;
    RETURN state;
END
$$;

-- What modules declare: {"jobs": [{"kind", "attempts", "timeout_ms"}]}. Kinds that are gone are forgotten; their jobs
-- stay until somebody cancels them.
CREATE FUNCTION core.declare_jobs(module text, jobs jsonb)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM core.job_kinds AS old
    WHERE old.module = declare_jobs.module
      AND NOT old.kind = ANY (ARRAY(SELECT job.kind FROM jsonb_to_recordset(declare_jobs.jobs) AS job (kind text)));

    INSERT INTO core.job_kinds (module, kind, max_attempts, timeout_ms)
    SELECT declare_jobs.module, job.kind, job.attempts, job.timeout_ms
    FROM jsonb_to_recordset(declare_jobs.jobs) AS job (kind text, attempts smallint, timeout_ms int4)
    ON CONFLICT (module, kind) DO UPDATE
    SET max_attempts = EXCLUDED.max_attempts, timeout_ms = EXCLUDED.timeout_ms;

    INSERT INTO core.job_queues (module)
    VALUES (declare_jobs.module)
    ON CONFLICT DO NOTHING;
END;

-- ---------------------------------------------------------------------------------------------------------
-- Who may what
-- ---------------------------------------------------------------------------------------------------------

GRANT SELECT, INSERT, DELETE ON
    core.jobs_ready, core.jobs_waiting, core.jobs_running, core.jobs_finished, core.jobs_dead, core.job_keys,
    core.job_chains, core.job_lanes, core.job_workers
TO romashka_worker;
GRANT SELECT ON core.job_kinds, core.job_queues TO romashka_worker;
GRANT UPDATE (priority, payload, attempt, failures) ON core.jobs_ready TO romashka_worker;
GRANT UPDATE (payload, run_at) ON core.jobs_waiting TO romashka_worker;
GRANT UPDATE (job_id, expires_at) ON core.job_keys TO romashka_worker;
GRANT UPDATE (newest, live) ON core.job_chains TO romashka_worker;
GRANT UPDATE (virtual_time, cost_ms) ON core.job_lanes TO romashka_worker;
GRANT UPDATE (revision, virtual_time) ON core.job_queues TO romashka_worker;
GRANT UPDATE (expires_at) ON core.job_workers TO romashka_worker;
GRANT EXECUTE ON FUNCTION
    core.uuid7(),
    core.put_job(uuid, text, text, jsonb, timestamptz, smallint, text, text, interval, boolean, uuid, smallint, text),
    core.release_job(uuid, uuid, text, text, text),
    core.fail_job(uuid, uuid, uuid, jsonb, interval, boolean), core.cancel_job(uuid, uuid)
TO romashka_worker;
-- what claims ask of tenants
GRANT SELECT ON core.plans, core.plugin_pauses TO romashka_worker;

GRANT SELECT ON
    core.jobs_ready, core.jobs_waiting, core.jobs_running, core.jobs_finished, core.jobs_dead, core.job_keys,
    core.job_chains, core.job_lanes, core.job_workers, core.job_kinds, core.job_queues
TO romashka_operator;
