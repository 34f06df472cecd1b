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
DROP FUNCTION core.require_room_for_job(uuid, text, boolean);
DROP FUNCTION core.count_backlogs();
DROP TABLE core.job_backlogs;
DROP TABLE core.censuses;
CREATE OR REPLACE FUNCTION core.emit(
    type text, subject uuid, data jsonb, conversation_id uuid DEFAULT NULL, customer_id uuid DEFAULT NULL,
    audience jsonb DEFAULT '{}', changes jsonb DEFAULT '{}', request_id text DEFAULT NULL, trace text DEFAULT NULL
)
RETURNS uuid
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- How far an event may lead to jobs that tell of events that lead to jobs.
    maximum_depth CONSTANT smallint := 5;
    tenant    uuid := core.tenant_id();
    event_id  uuid := core.uuid7();
    declared  core.event_types;
    origin    uuid;
    depth     smallint;
    follower  record;
BEGIN
    SELECT t.* INTO declared
    FROM core.event_types AS t
    WHERE t.type = emit.type AND t.module = core.session_module();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the event % is not declared by this module', emit.type USING ERRCODE = '22023';
    END IF;

    IF octet_length(emit.data::text) + octet_length(emit.changes::text) > 200000
       OR octet_length(emit.audience::text) > 4000
    THEN
        RAISE EXCEPTION 'the event says too much' USING ERRCODE = '23514';
    END IF;

    IF core.actor_kind() = 's' THEN
        SELECT r.root, r.depth + 1
        INTO origin, depth
        FROM core.jobs_running AS r
        WHERE r.tenant_id = tenant AND r.id = core.actor_id();
    END IF;
    depth := COALESCE(depth, 0::smallint);

    INSERT INTO core.events (
        tenant_id, id, type, version, module, actor_kind, actor_id, subject, conversation_id, customer_id, audience,
        changes, data, request_id, root, depth, stopped, impersonator)
    VALUES (
        tenant, event_id, emit.type, declared.version, declared.module, core.actor_kind(), core.actor_id(),
        emit.subject, emit.conversation_id, emit.customer_id, emit.audience, emit.changes, emit.data, emit.request_id,
        COALESCE(origin, event_id), depth, CASE WHEN depth >= maximum_depth THEN 'depth' END,
        -- the session says it behind the role, signed like everything else it says
        NULLIF(split_part(core.actor_role(), ',', 2), '')::uuid);
    IF depth >= maximum_depth THEN
        RETURN event_id;
    END IF;

    FOR follower IN
        SELECT s.module, s.kind
        FROM core.event_subscriptions AS s
        LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = tenant AND switch.module_id = s.module
        WHERE s.type = emit.type AND (s.always_on OR COALESCE(switch.enabled, true))
    LOOP
        PERFORM core.put_job(
            tenant, follower.module, follower.kind,
            jsonb_build_object(
                'event_id', event_id, 'type', emit.type, 'subject', emit.subject,
                'conversation_id', emit.conversation_id, 'customer_id', emit.customer_id,
                'changes', emit.changes, 'data', emit.data),
            NULL, 5::smallint, NULL, NULL, NULL, false, COALESCE(origin, event_id), (depth + 1)::smallint,
            emit.trace);
    END LOOP;
    RETURN event_id;
END
$$;
CREATE OR REPLACE FUNCTION core.tell(
    tenant uuid, type text, subject uuid, permission text, data jsonb, changes jsonb DEFAULT '{}'
)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    event_id uuid := core.uuid7();
    actor    record;
    follower record;
BEGIN
    SELECT a.* INTO actor FROM core.acting() AS a;
    INSERT INTO core.events (
        tenant_id, id, type, version, module, actor_kind, actor_id, subject, audience, changes, data, request_id,
        root, depth, impersonator)
    VALUES (
        tell.tenant, event_id, tell.type, 1, 'core', actor.kind, actor.id, tell.subject,
        jsonb_build_object('permission', tell.permission), tell.changes, tell.data, actor.request_id, event_id, 0,
        actor.impersonator);
    FOR follower IN
        SELECT s.module, s.kind
        FROM core.event_subscriptions AS s
        LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = tell.tenant AND switch.module_id = s.module
        WHERE s.type = tell.type AND (s.always_on OR COALESCE(switch.enabled, true))
    LOOP
        PERFORM core.put_job(
            tell.tenant, follower.module, follower.kind,
            jsonb_build_object(
                'event_id', event_id, 'type', tell.type, 'subject', tell.subject, 'conversation_id', NULL,
                'customer_id', NULL, 'changes', tell.changes, 'data', tell.data),
            NULL, 5::smallint, NULL, NULL, NULL, false, event_id, 1::smallint, NULL);
    END LOOP;
    RETURN event_id;
END
$$;
DROP FUNCTION core.cause_of_job(uuid, uuid);
REVOKE SELECT (tenant_id, id, root, depth) ON core.jobs_ready, core.jobs_waiting, core.jobs_running, core.jobs_finished,
    core.jobs_dead FROM romashka_auth;
