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
