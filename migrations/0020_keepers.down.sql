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
                    SELECT FROM core.maintenance_runs AS r WHERE r.task = t.name AND r.outcome = 'succeeded'))
                ORDER BY t.name)
            FROM core.maintenance_tasks AS t));
END;
DROP FUNCTION core.is_attended(timestamptz, timestamptz);
ALTER TABLE core.maintenance_tasks DROP COLUMN attended_at, DROP COLUMN attended_since;

-- All that is due, in one step; to be called until its answer says that no more is left. For installations that are
-- looked after by a clock of their own, this is the one call to make.
CREATE OR REPLACE FUNCTION core.run_scheduled_maintenance(maximum integer DEFAULT 5000)
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
DROP FUNCTION core.drop_old_partition(text[]);

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
GRANT EXECUTE ON FUNCTION core.drop_old_partitions() TO romashka_worker;

DROP TABLE core.file_orphans;
