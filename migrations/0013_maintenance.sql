-- Maintenance: what is done to the whole installation by the clock, by one process at a time, and what is old goes.

CREATE TABLE core.maintenance_tasks (
    name         text        PRIMARY KEY CHECK (name IN ('maintenance', 'backup')),
    every        interval    NOT NULL CHECK (every >= interval '1 minute'),
    next_at      timestamptz NOT NULL DEFAULT now(),
    -- the run that is under way, and until when nobody else may begin one
    run_id       uuid,
    leased_until timestamptz,
    CHECK ((run_id IS NULL) = (leased_until IS NULL))
);
INSERT INTO core.maintenance_tasks (name, every, next_at)
VALUES ('maintenance', interval '1 hour', now()), ('backup', interval '1 day', now() + interval '1 day');

CREATE TABLE core.maintenance_runs (
    id         uuid        PRIMARY KEY,
    task       text        NOT NULL REFERENCES core.maintenance_tasks (name),
    host       text        NOT NULL CHECK (length(host) BETWEEN 1 AND 255),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz,
    -- 'lost': its process ended before it
    outcome    text        CHECK (outcome IN ('succeeded', 'failed', 'lost')),
    -- what was done, in numbers
    detail     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
    error      text        CHECK (length(error) <= 2000),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX maintenance_runs_task ON core.maintenance_runs (task, id);

-- Begins what is due of these tasks; answers the run, or nothing.
CREATE FUNCTION core.claim_maintenance(task text, host text, lease interval)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    run uuid := core.uuid7();
BEGIN
    UPDATE core.maintenance_tasks AS t
    SET run_id = run, leased_until = clock_timestamp() + lease
    WHERE t.name = task
      AND t.next_at <= clock_timestamp()
      AND (t.leased_until IS NULL OR t.leased_until <= clock_timestamp());
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE core.maintenance_runs AS r
    SET outcome = 'lost', ended_at = clock_timestamp()
    WHERE r.task = claim_maintenance.task AND r.outcome IS NULL;
    INSERT INTO core.maintenance_runs (id, task, host) VALUES (run, task, host);
    RETURN run;
END
$$;

-- Ends a run; false when somebody else has begun another meanwhile. What failed is tried again within a quarter of an
-- hour.
CREATE FUNCTION core.finish_maintenance(run uuid, detail jsonb, error text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE core.maintenance_tasks AS t
    SET run_id = NULL,
        leased_until = NULL,
        next_at = clock_timestamp()
            + CASE WHEN finish_maintenance.error IS NULL THEN t.every ELSE least(t.every, interval '15 minutes') END
    WHERE t.run_id = run;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE core.maintenance_runs AS r
    SET ended_at = clock_timestamp(),
        outcome = CASE WHEN finish_maintenance.error IS NULL THEN 'succeeded' ELSE 'failed' END,
        detail = finish_maintenance.detail,
        error = left(finish_maintenance.error, 2000)
    WHERE r.id = run;
    RETURN true;
END
$$;

-- ---------------------------------------------------------------------------------------------------------
-- How long things are kept
-- ---------------------------------------------------------------------------------------------------------

-- Days, whole and sane: a typing error must not throw everything away.
ALTER TABLE core.system_settings
    ADD CONSTRAINT retention_days CHECK (
        key NOT LIKE 'retention.%'
        OR CASE WHEN jsonb_typeof(value) = 'number' AND value::text ~ '^[0-9]{1,4}$'
                THEN value::text::integer BETWEEN 1 AND 3650 ELSE false END);

-- Jobs that are done go with their day, events with their month.
INSERT INTO core.partition_rules (object, step, setting, keep_days)
VALUES ('core.jobs_finished', 'day', 'retention.finished_jobs_days', 7),
       ('core.events', 'month', 'retention.events_days', 90);

-- Months of finished jobs that were made ahead make room for days.
DO $$
DECLARE
    leaf text;
BEGIN
    FOR leaf IN
        SELECT format('core.%I', c.relname)
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'core.jobs_finished'::regclass
          AND core.leaf_end(c.relname::text) > date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month'
    LOOP
        EXECUTE format('DROP TABLE %s', leaf);
    END LOOP;
END
$$;

CREATE FUNCTION core.keeps_days(setting text, usual integer)
RETURNS integer
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
RETURN COALESCE(
    (SELECT s.value::text::integer FROM core.system_settings AS s WHERE s.key = setting), usual);

-- Drops the leaves that hold nothing but what is too old, and says how many.
CREATE FUNCTION core.drop_old_partitions()
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Dropping waits for whoever reads the table; better to try again than to hold up the queue behind us.
SET lock_timeout = '2s'
AS $$
DECLARE
    leaf    text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7267620141);
    FOR leaf IN
        SELECT format('%I.%I', p.schema_name, c.relname)
        FROM core.partitioned_tables AS p
        JOIN pg_inherits AS i ON i.inhparent = p.oid
        JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE p.setting IS NOT NULL
          AND core.leaf_end(c.relname::text)
              <= (now() AT TIME ZONE 'UTC') - make_interval(days => core.keeps_days(p.setting, p.keep_days))
    LOOP
        EXECUTE format('DROP TABLE %s', leaf);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

-- Removes what has served its time, of each kind at most so many rows; to be called until nothing is left.
CREATE FUNCTION core.cleanup_old_data(maximum integer DEFAULT 5000)
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
            ('changes',           'at', interval '1 day')
        ) AS rules (name, moment, keep)
    LOOP
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

-- All that is due, in one step; to be called until its answer says that no more is left. For installations that are
-- looked after by a clock of their own, this is the one call to make.
CREATE FUNCTION core.run_scheduled_maintenance(maximum integer DEFAULT 5000)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made    integer;
    dropped integer;
    cleaned jsonb;
    is_done boolean;
BEGIN
    made := core.ensure_partitions(3);
    dropped := core.drop_old_partitions();
    SELECT COALESCE(jsonb_object_agg(c.kind, c.removed) FILTER (WHERE c.removed > 0), '{}'),
           bool_and(c.removed < maximum)
    INTO cleaned, is_done
    FROM core.cleanup_old_data(maximum) AS c;
    RETURN jsonb_build_object(
        'partitions_made', made, 'partitions_dropped', dropped, 'removed', cleaned, 'is_done', is_done);
END
$$;

-- ---------------------------------------------------------------------------------------------------------
-- How the installation is, for operators. Values never stand in a statement's text.
-- ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION core.get_system_health(slow_after interval DEFAULT interval '1 second')
RETURNS jsonb
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH activity AS MATERIALIZED (
        SELECT a.pid, a.usename::text AS role, a.state, a.wait_event_type, a.xact_start,
               EXTRACT(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds,
               left(regexp_replace(a.query, '\s+', ' ', 'g'), 200) AS statement,
               CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) END AS blocked_by
        FROM pg_stat_activity AS a
        WHERE a.backend_type = 'client backend' AND a.datname = current_database() AND a.pid <> pg_backend_pid()
    )
    SELECT jsonb_build_object(
        'server_version', current_setting('server_version'),
        'started_at', pg_postmaster_start_time(),
        'database_bytes', pg_database_size(current_database()),
        'connections', (
            SELECT jsonb_build_object(
                'open', (SELECT count(*) FROM pg_stat_activity AS every WHERE every.backend_type = 'client backend'),
                'active', count(*) FILTER (WHERE a.state = 'active'),
                'idle_in_transaction', count(*) FILTER (WHERE a.state LIKE 'idle in transaction%'),
                'maximum', current_setting('max_connections')::integer)
            FROM activity AS a),
        'oldest_transaction_seconds', (
            SELECT COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(a.xact_start))::float8, 0) FROM activity AS a),
        'slow_statements', (
            SELECT COALESCE(jsonb_agg(jsonb_build_object(
                       'pid', slow.pid, 'role', slow.role, 'seconds', slow.seconds, 'statement', slow.statement)), '[]')
            FROM (SELECT a.* FROM activity AS a
                  WHERE a.state = 'active' AND a.seconds > EXTRACT(epoch FROM slow_after)
                  ORDER BY a.seconds DESC LIMIT 20) AS slow),
        'blocked_statements', (
            SELECT COALESCE(jsonb_agg(jsonb_build_object(
                       'pid', stuck.pid, 'role', stuck.role, 'seconds', stuck.seconds, 'statement', stuck.statement,
                       'blocked_by', to_jsonb(stuck.blocked_by))), '[]')
            FROM (SELECT a.* FROM activity AS a
                  WHERE a.blocked_by <> '{}' ORDER BY a.seconds DESC LIMIT 20) AS stuck),
        'events_unnumbered', (
            SELECT count(*) FROM (SELECT FROM core.events AS e WHERE e.seq IS NULL LIMIT 10000) AS waiting),
        'oldest_unnumbered_seconds', (
            SELECT COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(waiting.at))::float8, 0)
            FROM (SELECT e.at FROM core.events AS e WHERE e.seq IS NULL ORDER BY e.id LIMIT 1) AS waiting),
        'job_workers', (SELECT count(*) FROM core.job_workers AS w WHERE w.expires_at > clock_timestamp()),
        'jobs_ready', (SELECT count(*) FROM (SELECT FROM core.jobs_ready LIMIT 100000) AS ready),
        'oldest_ready_seconds', (
            SELECT COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(oldest.enqueued_at))::float8, 0)
            FROM (SELECT j.enqueued_at FROM core.jobs_ready AS j ORDER BY j.tenant_id, j.id LIMIT 1000) AS oldest),
        'jobs_dead', (SELECT count(*) FROM (SELECT FROM core.jobs_dead LIMIT 100000) AS dead),
        'tasks', (
            SELECT jsonb_agg(jsonb_build_object(
                'name', t.name,
                'overdue_seconds', greatest(0, EXTRACT(epoch FROM clock_timestamp() - t.next_at)::float8),
                'failures', (
                    SELECT count(*) FROM (
                        SELECT r.outcome FROM core.maintenance_runs AS r
                        WHERE r.task = t.name AND r.outcome IS NOT NULL
                        ORDER BY r.id DESC LIMIT 3) AS newest
                    WHERE newest.outcome <> 'succeeded'),
                'ever_succeeded', EXISTS (
                    SELECT FROM core.maintenance_runs AS r WHERE r.task = t.name AND r.outcome = 'succeeded'))
                ORDER BY t.name)
            FROM core.maintenance_tasks AS t));
END;

-- ---------------------------------------------------------------------------------------------------------

GRANT SELECT ON core.maintenance_tasks, core.maintenance_runs TO romashka_worker, romashka_operator;
GRANT UPDATE (next_at, run_id, leased_until) ON core.maintenance_tasks TO romashka_worker;
GRANT INSERT, DELETE ON core.maintenance_runs TO romashka_worker;
GRANT UPDATE (ended_at, outcome, detail, error) ON core.maintenance_runs TO romashka_worker;
-- what it takes to find old rows, and no more
GRANT SELECT (ctid, expires_at), DELETE ON core.operator_tokens TO romashka_worker;
GRANT SELECT (ctid, crashed_at), DELETE ON core.plugin_crashes TO romashka_worker;
GRANT SELECT (ctid, tenant_id, expires_at), DELETE ON core.oidc_used_states TO romashka_worker;
GRANT SELECT (ctid) ON core.idempotency_keys TO romashka_worker;
GRANT SELECT ON core.system_settings TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.claim_maintenance(text, text, interval) TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.finish_maintenance(uuid, jsonb, text) TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.keeps_days(text, integer) TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.drop_old_partitions() TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.cleanup_old_data(integer) TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.run_scheduled_maintenance(integer) TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.get_system_health(interval) TO romashka_operator;
