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
DROP FUNCTION core.oldest_ready_seconds();
DROP FUNCTION core.is_parked(uuid, text);
REVOKE SELECT ON core.plugin_pauses FROM romashka_operator;
CREATE OR REPLACE FUNCTION core.enqueue_command(
    command text, input jsonb, key text, run_at timestamptz DEFAULT NULL
)
RETURNS uuid
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- How far commands may lead to commands; events stop there too.
    maximum_depth CONSTANT smallint := 5;
    asking   text := core.session_module();
    offering text;
    cause    record;
BEGIN
    SELECT c.module INTO offering FROM core.commands AS c WHERE c.command = enqueue_command.command;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no module offers the command %', enqueue_command.command USING ERRCODE = 'RK002';
    END IF;
    IF offering <> asking AND NOT EXISTS (
        SELECT FROM core.command_uses AS u WHERE u.module = asking AND u.command = enqueue_command.command)
    THEN
        RAISE EXCEPTION 'plugin.json of % does not name the command %', asking, enqueue_command.command
            USING ERRCODE = 'RK003';
    END IF;
    IF length(enqueue_command.key) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'a key has 1 to 200 characters' USING ERRCODE = '23514';
    END IF;

    SELECT r.root, (r.depth + 1)::smallint AS depth
    INTO cause
    FROM core.jobs_running AS r
    WHERE core.actor_kind() = 's' AND r.tenant_id = core.tenant_id() AND r.id = core.actor_id();
    IF cause.depth > maximum_depth THEN
        RAISE EXCEPTION 'commands lead to commands without end' USING ERRCODE = 'RK004';
    END IF;
    RETURN core.put_job(
        core.tenant_id(), offering, offering || '.run_command',
        jsonb_build_object(
            'command', enqueue_command.command, 'input', enqueue_command.input, 'key', enqueue_command.key,
            'asked_by', asking),
        enqueue_command.run_at, 5::smallint, NULL, NULL, NULL, false, cause.root,
        COALESCE(cause.depth, 0::smallint), NULL);
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
