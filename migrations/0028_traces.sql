-- What follows from a request in other jobs is of the request's trace (W3C Trace Context): also what follows from what
-- the kernel tells of, and commands.

-- As in 0023, and says the place in the trace.
DROP FUNCTION core.acting();
CREATE FUNCTION core.acting()
RETURNS TABLE (kind text, id uuid, request_id text, impersonator uuid, trace text)
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN core.session_module() IS NULL
                THEN COALESCE(NULLIF(split_part(told.setting, '|', 1), ''), 's')
                ELSE core.actor_kind() END,
           CASE WHEN core.session_module() IS NULL
                THEN COALESCE(NULLIF(split_part(told.setting, '|', 2), '')::uuid, '00000000-0000-0000-0000-000000000000')
                ELSE core.actor_id() END,
           CASE WHEN core.session_module() IS NULL
                THEN NULLIF(left(split_part(told.setting, '|', 3), 100), '') END,
           CASE WHEN core.session_module() IS NULL
                THEN NULLIF(split_part(told.setting, '|', 4), '')::uuid
                ELSE NULLIF(split_part(core.actor_role(), ',', 2), '')::uuid END,
           CASE WHEN core.session_module() IS NULL
                THEN NULLIF(left(split_part(told.setting, '|', 5), 100), '') END
    FROM (SELECT COALESCE(current_setting('romashka.acting', true), '') AS setting) AS told;
END;
GRANT EXECUTE ON FUNCTION core.acting() TO romashka_auth, romashka_worker;

-- As in 0024, and hands the place in the trace on to the jobs of those who follow.
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
            NULL, 5::smallint, NULL, NULL, NULL, false, origin, (depth + 1)::smallint, actor.trace);
    END LOOP;
    RETURN event_id;
END
$$;

-- As in 0024, with the place in the trace of who asks.
DROP FUNCTION core.enqueue_command(text, jsonb, text, timestamptz);
CREATE FUNCTION core.enqueue_command(
    command text, input jsonb, key text, run_at timestamptz DEFAULT NULL, trace text DEFAULT NULL
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
        COALESCE(cause.depth, 0::smallint), enqueue_command.trace);
END
$$;
GRANT EXECUTE ON FUNCTION core.enqueue_command(text, jsonb, text, timestamptz, text) TO romashka_modules;
