-- The kernel tells of its own changes too: people, keys, switches, files. Triggers do it, so that no way of changing
-- something is without its event.

-- Who acts, said at the beginning of the transaction by whoever knows: kind|id|request.
CREATE FUNCTION core.acting()
RETURNS TABLE (kind text, id uuid, request_id text)
LANGUAGE sql
STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT COALESCE(NULLIF(split_part(told.setting, '|', 1), ''), 's'),
           COALESCE(NULLIF(split_part(told.setting, '|', 2), '')::uuid, '00000000-0000-0000-0000-000000000000'),
           NULLIF(left(split_part(told.setting, '|', 3), 100), '')
    FROM (SELECT COALESCE(current_setting('romashka.acting', true), '') AS setting) AS told;
END;

-- Tells of a change of the kernel's, and enqueues what follows from it. Answers the event's id.
CREATE FUNCTION core.tell(
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

-- For triggers: the entity, the permission it takes to see the event, the column with its id, the columns that are
-- shown, and those of which is only said that they changed. A change of no such column is no event.
CREATE FUNCTION core.tell_of_change()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entity  CONSTANT text := TG_ARGV[0];
    shown   CONSTANT text[] := string_to_array(TG_ARGV[3], ' ');
    named   CONSTANT text[] := string_to_array(TG_ARGV[4], ' ');
    before  jsonb;
    after   jsonb;
    data    jsonb;
    changes jsonb := '{}';
BEGIN
    -- Who erases a tenant leaves nothing, not even the news of it. What a foreign key removes with its parent is told
    -- of by the parent; it happens as the tables' owner.
    IF current_user IN ('romashka_eraser', 'romashka_owner') THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW); END IF;
    SELECT COALESCE(jsonb_object_agg(name, COALESCE(after, before) -> name), '{}')
    INTO data
    FROM unnest(shown) AS name;
    IF TG_OP = 'UPDATE' THEN
        SELECT COALESCE(jsonb_object_agg(
            name, CASE WHEN name = ANY (shown) THEN jsonb_build_array(before -> name, after -> name) ELSE '[]' END), '{}')
        INTO changes
        FROM unnest(shown || named) AS name
        WHERE before -> name IS DISTINCT FROM after -> name;
        IF changes = '{}' THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM core.tell(
        COALESCE(COALESCE(after, before) ->> 'tenant_id', COALESCE(after, before) ->> 'id')::uuid,
        entity || CASE TG_OP WHEN 'INSERT' THEN '.created' WHEN 'UPDATE' THEN '.updated' ELSE '.deleted' END,
        (COALESCE(after, before) ->> TG_ARGV[2])::uuid, TG_ARGV[1], data, changes);
    RETURN NULL;
END
$$;

CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE ON core.tenants FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change(
    'tenant', 'settings.read', 'id', 'slug name status plan limits zone is_test', 'settings');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.profiles FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('member', 'members.read', 'id', 'name email role role_id status', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE ON core.sessions FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('session', 'members.write', 'id', 'profile_id second_factor revoked_reason', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.roles FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('role', 'roles.read', 'id', 'name permissions', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.teams FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('team', 'teams.read', 'id', 'name', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR DELETE ON core.team_members FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('team_member', 'teams.read', 'team_id', 'team_id profile_id', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE ON core.invitations FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change(
    'invitation', 'members.write', 'id', 'email role role_id expires_at accepted_at revoked_at', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.api_keys FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change(
    'api_key', 'api_keys.read', 'id', 'name permissions requests_per_minute expires_at revoked_at', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE ON core.impersonations FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change(
    'impersonation', 'members.write', 'id', 'profile_id operator_id reason may_write expires_at ended_at', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.tenant_modules FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('module', 'modules.read', 'tenant_id', 'module_id enabled', 'settings');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.module_secrets FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('secret', 'modules.write', 'tenant_id', 'module_id name', 'sealed');
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE ON core.oidc_connections FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change(
    'sign_in', 'sign_in.read', 'id', 'name issuer client_id provisioning enabled', 'client_secret');
CREATE TRIGGER tell_of_change AFTER INSERT OR DELETE ON core.oidc_identities FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('sign_in_identity', 'sign_in.read', 'profile_id', 'connection_id profile_id', '');
CREATE TRIGGER tell_of_change AFTER INSERT OR DELETE ON core.files FOR EACH ROW
EXECUTE FUNCTION core.tell_of_change('file', 'files.read', 'id', 'name content_type module', '');

INSERT INTO core.event_types (type, module, version)
SELECT entity || '.' || change, 'core', 1
FROM (VALUES
    ('tenant', '{created,updated}'), ('member', '{created,updated,deleted}'), ('session', '{created,updated}'),
    ('role', '{created,updated,deleted}'), ('team', '{created,updated,deleted}'),
    ('team_member', '{created,deleted}'), ('invitation', '{created,updated}'),
    ('api_key', '{created,updated,deleted}'), ('impersonation', '{created,updated}'),
    ('module', '{created,updated,deleted}'), ('secret', '{created,updated,deleted}'),
    ('sign_in', '{created,updated,deleted}'), ('sign_in_identity', '{created,deleted}'), ('file', '{created,deleted}'),
    ('job', '{retried,cancelled,redriven}'), ('password_reset', '{begun}')
) AS kernel (entity, changes)
CROSS JOIN unnest(kernel.changes::text[]) AS change;

GRANT INSERT ON core.events TO romashka_auth, romashka_worker;
GRANT SELECT ON core.event_subscriptions TO romashka_auth;
GRANT SELECT ON core.job_kinds TO romashka_auth;
GRANT INSERT ON core.jobs_ready TO romashka_auth;
GRANT EXECUTE ON FUNCTION core.tell(uuid, text, uuid, text, jsonb, jsonb) TO romashka_auth, romashka_worker;
GRANT EXECUTE ON FUNCTION core.acting(), core.uuid7() TO romashka_auth, romashka_worker;
GRANT EXECUTE ON FUNCTION core.put_job(
    uuid, text, text, jsonb, timestamptz, smallint, text, text, interval, boolean, uuid, smallint, text)
TO romashka_auth;
