-- What keepers do: contents that nobody knows are given time, leaves go without holding others up, and it is known
-- whether anybody does what is due.

-- ---------------------------------------------------------------------------------------------------------
-- Contents that no row knows
-- ---------------------------------------------------------------------------------------------------------

-- What lies in the store and no row knows, since when. It names contents, not rows: a tenant of another database that
-- shares the store has some here, so that no column says whose they are.
CREATE TABLE core.file_orphans (
    -- <tenant>/<2 digits>/<SHA-256>-<object>
    path         text        PRIMARY KEY CHECK (length(path) <= 200),
    seen_at      timestamptz NOT NULL,
    -- of the newest sweep; what a later one does not see is no longer there
    last_seen_at timestamptz NOT NULL
);
CREATE INDEX file_orphans_age ON core.file_orphans (last_seen_at);

GRANT SELECT, INSERT, DELETE ON core.file_orphans TO romashka_worker;
GRANT UPDATE (last_seen_at) ON core.file_orphans TO romashka_worker;

-- ---------------------------------------------------------------------------------------------------------
-- Old leaves
-- ---------------------------------------------------------------------------------------------------------

DROP FUNCTION core.drop_old_partitions();

-- Drops the oldest leaf that holds nothing but what is too old, and says which; nothing when there is none but those
-- that are passed over. Where somebody reads it or its parent it stays, to be tried again.
--
-- Call it in a transaction of its own: until that ends, nobody gets at the parent.
CREATE FUNCTION core.drop_old_partition(passed_over text[] DEFAULT '{}')
RETURNS TABLE (leaf text, is_dropped boolean)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Whoever comes while we wait for a lock waits behind us, and statements of requests have 500 ms.
SET lock_timeout = '100ms'
AS $$
BEGIN
    SELECT format('%I.%I', p.schema_name, c.relname)
    INTO leaf
    FROM core.partitioned_tables AS p
    JOIN pg_inherits AS i ON i.inhparent = p.oid
    JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE p.setting IS NOT NULL
      AND core.leaf_end(c.relname::text)
          <= (now() AT TIME ZONE 'UTC') - make_interval(days => core.keeps_days(p.setting, p.keep_days))
      AND format('%I.%I', p.schema_name, c.relname) <> ALL (passed_over)
    ORDER BY core.leaf_end(c.relname::text), c.relname
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    BEGIN
        PERFORM pg_advisory_xact_lock(7267620141);
        -- First the leaf, where nobody writes: a reader of it keeps nobody else waiting.
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', leaf);
        EXECUTE format('DROP TABLE %s', leaf);
        is_dropped := true;
    -- in use, or gone meanwhile; what was locked is free again
    EXCEPTION WHEN lock_not_available OR undefined_table THEN
        is_dropped := false;
    END;
    RETURN NEXT;
END
$$;

-- For installations that are looked after by a clock of their own: the one call to make, until its answer says that no
-- more is left. At most one leaf is dropped by a call, and last, so that its lock ends with the call.
CREATE OR REPLACE FUNCTION core.run_scheduled_maintenance(maximum integer DEFAULT 5000)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made       integer;
    is_dropped boolean;
    cleaned    jsonb;
    is_done    boolean;
BEGIN
    SELECT COALESCE(jsonb_object_agg(c.kind, c.removed) FILTER (WHERE c.removed > 0), '{}'),
           bool_and(c.removed < maximum)
    INTO cleaned, is_done
    FROM core.cleanup_old_data(maximum) AS c;
    made := core.ensure_partitions(3);
    IF is_done THEN
        SELECT d.is_dropped INTO is_dropped FROM core.drop_old_partition() AS d;
    END IF;
    RETURN jsonb_build_object(
        'partitions_made', made,
        'partitions_dropped', CASE WHEN is_dropped THEN 1 ELSE 0 END,
        'partitions_busy', CASE WHEN NOT is_dropped THEN 1 ELSE 0 END,
        'removed', cleaned,
        'is_done', is_done AND is_dropped IS NOT TRUE);
END
$$;

GRANT EXECUTE ON FUNCTION core.drop_old_partition(text[]) TO romashka_worker;

-- ---------------------------------------------------------------------------------------------------------
-- Who does what is due
-- ---------------------------------------------------------------------------------------------------------

ALTER TABLE core.maintenance_tasks
    -- when a process that does the task last looked whether it is due, to half a minute
    ADD COLUMN attended_at    timestamptz,
    -- since when there is such a process, without a day in between
    ADD COLUMN attended_since timestamptz,
    ADD CHECK ((attended_at IS NULL) = (attended_since IS NULL));
GRANT UPDATE (attended_at, attended_since) ON core.maintenance_tasks TO romashka_worker;

-- Whether a process does a task: it has looked a moment ago, or it is at it.
CREATE FUNCTION core.is_attended(attended_at timestamptz, leased_until timestamptz)
RETURNS boolean
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
RETURN COALESCE(attended_at > clock_timestamp() - interval '90 seconds', false)
    OR COALESCE(leased_until > clock_timestamp(), false);
GRANT EXECUTE ON FUNCTION core.is_attended(timestamptz, timestamptz) TO romashka_worker, romashka_operator;

-- As before, and for how long a task that somebody does has not succeeded.
CREATE OR REPLACE FUNCTION core.get_system_health(slow_after interval DEFAULT interval '1 second')
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
                    SELECT FROM core.maintenance_runs AS r WHERE r.task = t.name AND r.outcome = 'succeeded'),
                'is_attended', core.is_attended(t.attended_at, t.leased_until),
                -- for how long somebody has done it in vain
                'unsuccessful_seconds', CASE WHEN core.is_attended(t.attended_at, t.leased_until) THEN
                    EXTRACT(epoch FROM clock_timestamp() - greatest(t.attended_since, (
                        SELECT max(r.ended_at)
                        FROM core.maintenance_runs AS r
                        WHERE r.task = t.name AND r.outcome = 'succeeded')))::float8 END)
                ORDER BY t.name)
            FROM core.maintenance_tasks AS t));
END;
