-- Who really acted, and since when a second factor waits for its first code.

-- The operator who acted in the actor's place, when one did. No reference: the trace outlives the operator's token.
ALTER TABLE core.events ADD COLUMN impersonator uuid;

-- Who acts: in a module's transaction whoever its session is of, in the kernel's own what was said at its beginning as
-- kind|id|request|impersonator.
DROP FUNCTION core.acting();
CREATE FUNCTION core.acting()
RETURNS TABLE (kind text, id uuid, request_id text, impersonator uuid)
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
                ELSE NULLIF(split_part(core.actor_role(), ',', 2), '')::uuid END
    FROM (SELECT COALESCE(current_setting('romashka.acting', true), '') AS setting) AS told;
END;
GRANT EXECUTE ON FUNCTION core.acting() TO romashka_auth, romashka_worker;

-- As in 0014, and tells of the impersonator.
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

-- As in 0009, and tells of the impersonator. What it says is bounded as text, which is what subscribers and streams read.
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

-- A secret that was shown a while ago may be in anybody's hands: it must be confirmed soon after.
ALTER TABLE core.accounts ADD COLUMN totp_prepared_at timestamptz;
GRANT UPDATE (totp_prepared_at) ON core.accounts TO romashka_auth;
