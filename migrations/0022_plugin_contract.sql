-- Commands that a transaction asks for: they run after its commit, as jobs of the module that offers them. And what
-- idempotency keys of uploads know of the bytes.

-- What modules offer, by plugin.json; written by migrate.
CREATE TABLE core.commands (
    command text PRIMARY KEY CHECK (length(command) BETWEEN 3 AND 80),
    module  text NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    CHECK (starts_with(command, module || '.'))
);
CREATE INDEX commands_module ON core.commands (module);

-- What modules may ask others for, by plugin.json. No reference to the commands: who offers one may come later.
CREATE TABLE core.command_uses (
    module  text NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    command text NOT NULL CHECK (length(command) BETWEEN 3 AND 80),
    PRIMARY KEY (module, command)
);

-- What modules declare: ["name"], and ["name"] of others' commands.
CREATE FUNCTION core.declare_commands(module text, offers jsonb, uses jsonb)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM core.commands AS old WHERE old.module = declare_commands.module;
    INSERT INTO core.commands (command, module)
    SELECT offered.name, declare_commands.module
    FROM jsonb_array_elements_text(declare_commands.offers) AS offered (name);

    DELETE FROM core.command_uses AS old WHERE old.module = declare_commands.module;
    INSERT INTO core.command_uses (module, command)
    SELECT DISTINCT declare_commands.module, used.name
    FROM jsonb_array_elements_text(declare_commands.uses) AS used (name);
END;

-- For modules: has a command run after the commit of this transaction, as a job of the module that offers it. The job
-- says who asked, which only this function can know.
CREATE FUNCTION core.enqueue_command(
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
GRANT EXECUTE ON FUNCTION core.enqueue_command(text, jsonb, text, timestamptz) TO romashka_modules;

-- Whose the keys of a module's commands are: not an actor's, for under one key a command happens once, whoever asks.
CREATE FUNCTION core.commands_owner(module text)
RETURNS uuid
LANGUAGE sql
STABLE
RETURN substr(encode(sha256(convert_to('commands of ' || module, 'UTF8')), 'hex'), 1, 32)::uuid;
GRANT EXECUTE ON FUNCTION core.commands_owner(text) TO romashka_auth;

-- For modules: claims a key of a command of their own, or fails. Only the module that offers a command can take its keys.
CREATE FUNCTION core.claim_command(key_hash bytea, fingerprint bytea)
RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO core.idempotency_keys (tenant_id, actor_id, key_hash, fingerprint)
    VALUES (core.tenant_id(), core.commands_owner(core.session_module()), claim_command.key_hash,
            claim_command.fingerprint);
END;
GRANT EXECUTE ON FUNCTION core.claim_command(bytea, bytea) TO romashka_modules;

-- Of an upload the bytes are known when it has ended: then they count too.
GRANT UPDATE (fingerprint) ON core.idempotency_keys, core.operator_idempotency_keys TO romashka_auth;

GRANT SELECT ON core.commands, core.command_uses TO romashka_operator;
