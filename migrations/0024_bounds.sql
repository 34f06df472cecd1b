-- Bounds: who may enqueue and how much, how far causes are told on, and what is asked once for all servers.

-- ---------------------------------------------------------------------------------------------------------
-- Who may enqueue
-- ---------------------------------------------------------------------------------------------------------

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
    END IF;
    RETURN core.put_job(
        core.tenant_id(), core.session_module(), enqueue.kind, enqueue.payload, enqueue.run_at,
        enqueue.priority::smallint, enqueue.chain, enqueue.unique_key, enqueue.unique_for, enqueue.replaces,
        origin, COALESCE(below, 0::smallint), enqueue.trace);
END
$$;

-- As in 0022, and not for customers and visitors either.
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
    IF core.actor_kind() IN ('c', 'p') THEN
        RAISE EXCEPTION 'neither customers nor visitors enqueue commands' USING ERRCODE = '42501';
    END IF;
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

-- ---------------------------------------------------------------------------------------------------------
-- Health
-- ---------------------------------------------------------------------------------------------------------

-- Whether a tenant's jobs of a module wait for somebody to let them run: the tenant is suspended, has the module off, or
-- the module's plugin is paused.
CREATE FUNCTION core.is_parked(tenant uuid, module text)
RETURNS boolean
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT NOT EXISTS (SELECT FROM core.tenants AS t WHERE t.id = tenant AND t.status = 'active')
        OR EXISTS (
            SELECT
            FROM core.tenant_modules AS switch
            WHERE switch.tenant_id = tenant AND switch.module_id = is_parked.module AND NOT switch.enabled)
        OR EXISTS (SELECT FROM core.plugin_pauses AS pause WHERE pause.module_id = is_parked.module);
END;
GRANT EXECUTE ON FUNCTION core.is_parked(uuid, text) TO romashka_worker, romashka_operator;
GRANT SELECT ON core.plugin_pauses TO romashka_operator;

-- How long the oldest job waits that could begin, be there as many parked ones as there may: each lane is found by one
-- step along the index.
CREATE FUNCTION core.oldest_ready_seconds()
RETURNS double precision
LANGUAGE sql
STABLE
BEGIN ATOMIC
    WITH RECURSIVE steps AS (
        (SELECT r.module, r.tenant_id FROM core.jobs_ready AS r ORDER BY r.module, r.tenant_id LIMIT 1)
        UNION ALL
        SELECT next.module, next.tenant_id
        FROM steps
        CROSS JOIN LATERAL (
            SELECT r.module, r.tenant_id
            FROM core.jobs_ready AS r
            WHERE (r.module, r.tenant_id) > (steps.module, steps.tenant_id)
            ORDER BY r.module, r.tenant_id
            LIMIT 1
        ) AS next
    )
    SELECT COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(oldest.enqueued_at))::float8, 0)
    FROM steps AS lane
    CROSS JOIN generate_series(0, 9) AS priority
    CROSS JOIN LATERAL (
        SELECT r.enqueued_at
        FROM core.jobs_ready AS r
        WHERE r.module = lane.module AND r.tenant_id = lane.tenant_id AND r.priority = priority::smallint
        ORDER BY r.id
        LIMIT 1
    ) AS oldest
    WHERE NOT core.is_parked(lane.tenant_id, lane.module);
END;
GRANT EXECUTE ON FUNCTION core.oldest_ready_seconds() TO romashka_operator;

-- As in 0020, and jobs that are parked are not late.
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
        'oldest_ready_seconds', core.oldest_ready_seconds(),
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
