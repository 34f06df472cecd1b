ALTER TABLE core.accounts DROP COLUMN totp_prepared_at;

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
    cause     record;
    depth     smallint;
    follower  record;
BEGIN
    SELECT t.* INTO declared
    FROM core.event_types AS t
    WHERE t.type = emit.type AND t.module = core.session_module();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the event % is not declared by this module', emit.type USING ERRCODE = '22023';
    END IF;

    SELECT r.root, (r.depth + 1)::smallint AS depth
    INTO cause
    FROM core.jobs_running AS r
    WHERE core.actor_kind() = 's' AND r.tenant_id = tenant AND r.id = core.actor_id();
    depth := COALESCE(cause.depth, 0::smallint);

    INSERT INTO core.events (
        tenant_id, id, type, version, module, actor_kind, actor_id, subject, conversation_id, customer_id, audience,
        changes, data, request_id, root, depth, stopped)
    VALUES (
        tenant, event_id, emit.type, declared.version, declared.module, core.actor_kind(), core.actor_id(),
        emit.subject, emit.conversation_id, emit.customer_id, emit.audience, emit.changes, emit.data, emit.request_id,
        COALESCE(cause.root, event_id), depth, CASE WHEN depth >= maximum_depth THEN 'depth' END);
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
            NULL, 5::smallint, NULL, NULL, NULL, false, COALESCE(cause.root, event_id), (depth + 1)::smallint,
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
        root, depth)
    VALUES (
        tell.tenant, event_id, tell.type, 1, 'core', actor.kind, actor.id, tell.subject,
        jsonb_build_object('permission', tell.permission), tell.changes, tell.data, actor.request_id, event_id, 0);
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

DROP FUNCTION core.acting();
CREATE FUNCTION core.acting()
RETURNS TABLE (kind text, id uuid, request_id text)
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
                THEN NULLIF(left(split_part(told.setting, '|', 3), 100), '') END
    FROM (SELECT COALESCE(current_setting('romashka.acting', true), '') AS setting) AS told;
END;
GRANT EXECUTE ON FUNCTION core.acting() TO romashka_auth, romashka_worker;

ALTER TABLE core.events DROP COLUMN impersonator;
