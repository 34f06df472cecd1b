-- Bounds: who may enqueue and how much, how far causes are told on, and what is asked once for all servers.

-- ---------------------------------------------------------------------------------------------------------
-- What jobs and events follow from
-- ---------------------------------------------------------------------------------------------------------

-- What a job follows from, wherever it lies: also when its last transaction has committed, or somebody else has it by
-- now, its handler may still be at work.
CREATE FUNCTION core.cause_of_job(tenant uuid, job_id uuid)
RETURNS TABLE (root uuid, depth smallint)
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT cause.root, cause.depth::smallint
    FROM (
        SELECT r.root, r.depth FROM core.jobs_running AS r WHERE r.tenant_id = tenant AND r.id = job_id
        UNION ALL
        SELECT f.root, f.depth FROM core.jobs_finished AS f WHERE f.tenant_id = tenant AND f.id = job_id
        UNION ALL
        SELECT w.root, w.depth FROM core.jobs_waiting AS w WHERE w.tenant_id = tenant AND w.id = job_id
        UNION ALL
        SELECT r.root, r.depth FROM core.jobs_ready AS r WHERE r.tenant_id = tenant AND r.id = job_id
        UNION ALL
        SELECT d.root, d.depth FROM core.jobs_dead AS d WHERE d.tenant_id = tenant AND d.id = job_id
    ) AS cause
    LIMIT 1;
END;
GRANT EXECUTE ON FUNCTION core.cause_of_job(uuid, uuid) TO romashka_auth, romashka_worker;
-- nothing but where a job stands among its causes
GRANT SELECT (tenant_id, id, root, depth) ON core.jobs_ready, core.jobs_waiting, core.jobs_running, core.jobs_finished,
    core.jobs_dead TO romashka_auth;

-- As in 0023; and what the kernel does for a job, such as keeping a file, follows from it and stops where events of
-- modules do.
CREATE OR REPLACE FUNCTION core.tell(
    tenant uuid, type text, subject uuid, permission text, data jsonb, changes jsonb DEFAULT '{}'
)
RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    maximum_depth CONSTANT smallint := 5;
    event_id uuid := core.uuid7();
    origin   uuid;
    depth    smallint;
    actor    record;
    follower record;
BEGIN
    SELECT a.* INTO actor FROM core.acting() AS a;
    IF actor.kind = 's' AND actor.id <> '00000000-0000-0000-0000-000000000000' THEN
        SELECT c.root, c.depth + 1 INTO origin, depth FROM core.cause_of_job(tell.tenant, actor.id) AS c;
    END IF;
    origin := COALESCE(origin, event_id);
    depth := COALESCE(depth, 0::smallint);
    INSERT INTO core.events (
        tenant_id, id, type, version, module, actor_kind, actor_id, subject, audience, changes, data, request_id,
        root, depth, stopped, impersonator)
    VALUES (
        tell.tenant, event_id, tell.type, 1, 'core', actor.kind, actor.id, tell.subject,
        jsonb_build_object('permission', tell.permission), tell.changes, tell.data, actor.request_id, origin, depth,
        CASE WHEN depth >= maximum_depth THEN 'depth' END, actor.impersonator);
    IF depth >= maximum_depth THEN
        RETURN event_id;
    END IF;
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
            NULL, 5::smallint, NULL, NULL, NULL, false, origin, (depth + 1)::smallint, NULL);
    END LOOP;
    RETURN event_id;
END
$$;

-- As in 0023; and what a handler tells of after its job is done follows from that job too.
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
        IF origin IS NULL THEN
            SELECT c.root, c.depth + 1 INTO origin, depth FROM core.cause_of_job(tenant, core.actor_id()) AS c;
        END IF;
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

-- ---------------------------------------------------------------------------------------------------------
-- What is asked once for all
-- ---------------------------------------------------------------------------------------------------------

-- Questions that every process asks now and then, and what they came to: one process at a time asks the tables, the
-- others read its answer.
CREATE TABLE core.censuses (
    name     text        PRIMARY KEY CHECK (name IN ('jobs', 'system', 'backlogs')),
    -- when somebody began to ask
    taken_at timestamptz NOT NULL DEFAULT '-infinity',
    answer   jsonb
);
INSERT INTO core.censuses (name) VALUES ('jobs'), ('system'), ('backlogs');
GRANT SELECT ON core.censuses TO romashka_worker;
GRANT UPDATE (taken_at, answer) ON core.censuses TO romashka_worker;

-- ---------------------------------------------------------------------------------------------------------
-- How many jobs may wait
-- ---------------------------------------------------------------------------------------------------------

-- Lanes that held as many jobs as their tenant may have waiting in a module, when they were last counted: counting at
-- each job, or keeping count, would let those who enqueue wait for each other.
CREATE TABLE core.job_backlogs (
    tenant_id uuid   NOT NULL,
    module    text   NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    jobs      bigint NOT NULL CHECK (jobs > 0),
    -- the limit jobs_queued of the tenant or its plan
    allowed   bigint NOT NULL CHECK (allowed > 0),
    PRIMARY KEY (tenant_id, module)
);
GRANT SELECT, INSERT, DELETE ON core.job_backlogs TO romashka_worker;
GRANT UPDATE (jobs, allowed) ON core.job_backlogs TO romashka_worker;
GRANT SELECT ON core.job_backlogs TO romashka_operator;

-- Counts anew; answers how many lanes are full. To be called every few seconds by one process.
CREATE FUNCTION core.count_backlogs()
RETURNS bigint
LANGUAGE sql
VOLATILE
BEGIN ATOMIC
    WITH counted AS MATERIALIZED (
        SELECT lane.tenant_id, lane.module, sum(lane.jobs)::bigint AS jobs
        FROM (
            SELECT r.tenant_id, r.module, count(*) AS jobs FROM core.jobs_ready AS r GROUP BY r.tenant_id, r.module
            UNION ALL
            SELECT w.tenant_id, w.module, count(*) FROM core.jobs_waiting AS w GROUP BY w.tenant_id, w.module
        ) AS lane
        GROUP BY lane.tenant_id, lane.module
    ), full_lanes AS MATERIALIZED (
        SELECT c.tenant_id, c.module, c.jobs, most.allowed
        FROM counted AS c
        JOIN core.tenants AS t ON t.id = c.tenant_id
        JOIN core.plans AS p ON p.id = t.plan
        CROSS JOIN LATERAL (
            SELECT COALESCE(((p.limits || t.limits) ->> 'jobs_queued')::bigint, 100000) AS allowed
        ) AS most
        WHERE c.jobs >= most.allowed
    ), eased AS (
        DELETE FROM core.job_backlogs AS b
        WHERE NOT EXISTS (SELECT FROM full_lanes AS f WHERE f.tenant_id = b.tenant_id AND f.module = b.module)
    ), noted AS (
        INSERT INTO core.job_backlogs AS b (tenant_id, module, jobs, allowed)
        SELECT f.tenant_id, f.module, f.jobs, f.allowed FROM full_lanes AS f
        ON CONFLICT (tenant_id, module) DO UPDATE SET jobs = EXCLUDED.jobs, allowed = EXCLUDED.allowed
    )
    SELECT count(*) FROM full_lanes;
END;
GRANT EXECUTE ON FUNCTION core.count_backlogs() TO romashka_worker;

-- For those who enqueue on somebody's demand. What follows from events and schedules always finds room, for nobody would
-- ask again; and a job that goes on in another finds as much again, so that none stands still because of others.
CREATE FUNCTION core.require_room_for_job(tenant uuid, module text, goes_on boolean)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM core.job_backlogs AS b
        WHERE b.tenant_id = require_room_for_job.tenant AND b.module = require_room_for_job.module
          AND b.jobs >= b.allowed * CASE WHEN require_room_for_job.goes_on THEN 2 ELSE 1 END)
    THEN
        RAISE EXCEPTION 'as many jobs wait as may' USING ERRCODE = 'RK005';
    END IF;
END
$$;

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
        IF origin IS NULL THEN
            SELECT c.root, c.depth INTO origin, below FROM core.cause_of_job(core.tenant_id(), core.actor_id()) AS c;
        END IF;
    END IF;
    PERFORM core.require_room_for_job(core.tenant_id(), core.session_module(), origin IS NOT NULL);
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

    SELECT c.root, (c.depth + 1)::smallint AS depth
    INTO cause
    FROM core.cause_of_job(core.tenant_id(), core.actor_id()) AS c
    WHERE core.actor_kind() = 's';
    IF cause.depth > maximum_depth THEN
        RAISE EXCEPTION 'commands lead to commands without end' USING ERRCODE = 'RK004';
    END IF;
    PERFORM core.require_room_for_job(core.tenant_id(), offering, cause.root IS NOT NULL);
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
