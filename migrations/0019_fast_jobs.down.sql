DROP FUNCTION core.ring_for_jobs();
REVOKE EXECUTE ON FUNCTION core.uuid_floor(timestamptz), core.leaf_end(text) FROM romashka_worker;
DROP FUNCTION core.hold_job_key(uuid, text, text, uuid, interval, boolean, jsonb, timestamptz);
DROP TABLE core.jobs_finished_rest;
ALTER TABLE core.jobs_waiting DROP COLUMN not_before;

DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY ARRAY['core.jobs_ready', 'core.jobs_waiting', 'core.jobs_running', 'core.jobs_dead'] LOOP
        EXECUTE format(
            'ALTER TABLE %s
                 ALTER COLUMN priority TYPE smallint,
                 ALTER COLUMN payload TYPE jsonb,
                 ALTER COLUMN failures TYPE jsonb,
                 ALTER COLUMN steps TYPE jsonb,
                 ALTER COLUMN chain TYPE text,
                 ALTER COLUMN unique_key TYPE text,
                 ALTER COLUMN depth TYPE smallint,
                 ALTER COLUMN trace TYPE text', place);
    END LOOP;
    FOREACH place IN ARRAY ARRAY['core.jobs_ready', 'core.jobs_waiting'] LOOP
        EXECUTE format(
            'ALTER TABLE %s
                 ADD CHECK (priority BETWEEN 0 AND 9),
                 ADD CHECK (pg_column_size(payload) <= 262144),
                 ADD CHECK (jsonb_typeof(failures) = ''array''),
                 ADD CHECK (jsonb_typeof(steps) = ''object''),
                 ADD CHECK (length(chain) BETWEEN 1 AND 200),
                 ADD CHECK (length(unique_key) BETWEEN 1 AND 200),
                 ADD CHECK (depth >= 0),
                 ADD CHECK (length(trace) <= 100)', place);
    END LOOP;
END
$$;
ALTER TABLE core.jobs_finished
    ALTER COLUMN outcome TYPE text,
    ADD CHECK (outcome IN ('succeeded', 'cancelled'));
DROP DOMAIN core.job_priority, core.job_payload, core.job_failures, core.job_steps, core.job_label,
    core.causation_depth, core.traceparent, core.job_outcome;

-- The functions as they were.
CREATE OR REPLACE FUNCTION core.put_job(
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

CREATE OR REPLACE FUNCTION core.complete(lease uuid)
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

CREATE OR REPLACE FUNCTION core.release_job(tenant uuid, job_id uuid, module text, unique_key text, chain text)
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

CREATE OR REPLACE FUNCTION core.cancel_job(tenant uuid, job_id uuid)
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

CREATE OR REPLACE FUNCTION core.cleanup_old_data(maximum integer DEFAULT 5000)
RETURNS TABLE (kind text, removed bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rule record;
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
END
$$;
