-- Events: what changed, written in the transaction of the change, and read in a dense order for each tenant.

-- What modules declare in plugin.json; written by migrate.
CREATE TABLE core.event_types (
    type    text     PRIMARY KEY CHECK (type ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$' AND length(type) <= 80),
    module  text     NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{1,30}$'),
    version smallint NOT NULL CHECK (version > 0)
);

-- An event becomes a job of each module that subscribes to it.
CREATE TABLE core.event_subscriptions (
    module    text    NOT NULL,
    type      text    NOT NULL CHECK (length(type) <= 80),
    kind      text    NOT NULL,
    -- whether tenants cannot switch the module off
    always_on boolean NOT NULL,
    PRIMARY KEY (type, module, kind),
    FOREIGN KEY (module, kind) REFERENCES core.job_kinds (module, kind) ON DELETE CASCADE
);

CREATE TABLE core.events (
    tenant_id       uuid        NOT NULL,
    id              uuid        NOT NULL,
    -- 1, 2, 3, … for each tenant, in the order of commits; empty until the relay has seen it
    seq             bigint      CHECK (seq > 0),
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    type            text        NOT NULL CHECK (length(type) <= 80),
    version         smallint    NOT NULL,
    module          text        NOT NULL,
    actor_kind      text        NOT NULL CHECK (length(actor_kind) = 1),
    actor_id        uuid        NOT NULL,
    -- what it happened to
    subject         uuid        NOT NULL,
    conversation_id uuid,
    customer_id     uuid,
    -- who may see it: {"permission", "assignee", "customer", "internal"}
    audience        jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(audience) = 'object'),
    -- {field: [old, new]}
    changes         jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(changes) = 'object'),
    data            jsonb       NOT NULL CHECK (pg_column_size(data) <= 262144),
    request_id      text        CHECK (length(request_id) <= 100),
    -- what began it all, and how many events and jobs lie between
    root            uuid        NOT NULL,
    depth           smallint    NOT NULL CHECK (depth >= 0),
    -- why nothing follows from it
    stopped         text        CHECK (stopped IN ('depth')),
    PRIMARY KEY (tenant_id, id)
) PARTITION BY RANGE (id);
-- what the relay looks for
CREATE INDEX events_unnumbered ON core.events (id) WHERE seq IS NULL;
CREATE INDEX events_seq ON core.events (tenant_id, seq) WHERE seq IS NOT NULL;

-- The newest number of each tenant. Whoever holds the lock of the relay writes it, and nobody else.
CREATE TABLE core.event_heads (
    tenant_id uuid   PRIMARY KEY,
    seq       bigint NOT NULL CHECK (seq > 0)
) WITH (fillfactor = 50);

CREATE TABLE core.event_relay (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton)
);
INSERT INTO core.event_relay DEFAULT VALUES;

-- For modules: tells of a change, in its transaction, and enqueues what follows from it. A module tells only of what
-- it declares. Answers the event's id.
CREATE FUNCTION core.emit(
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
GRANT EXECUTE ON FUNCTION core.emit(text, uuid, jsonb, uuid, uuid, jsonb, jsonb, text, text) TO romashka_modules;

-- What modules declare: {"events": [{"type", "version"}], "consumes": [{"event", "job"}]}.
CREATE FUNCTION core.declare_events(module text, events jsonb, consumes jsonb, always_on boolean)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM core.event_types AS old WHERE old.module = declare_events.module;
    INSERT INTO core.event_types (type, module, version)
    SELECT event.type, declare_events.module, event.version
    FROM jsonb_to_recordset(declare_events.events) AS event (type text, version smallint);

    DELETE FROM core.event_subscriptions AS old WHERE old.module = declare_events.module;
    INSERT INTO core.event_subscriptions (module, type, kind, always_on)
    SELECT declare_events.module, consumed.event, consumed.job, declare_events.always_on
    FROM jsonb_to_recordset(declare_events.consumes) AS consumed (event text, job text);
END;

-- Numbers the events that have been committed, at most this many; answers how many it found, or NULL when somebody
-- else is at it. An event that is committed later gets a later number, so nobody who has read n misses one below n;
-- those of one transaction keep their order, which ids of the same millisecond do not.
CREATE FUNCTION core.number_events(maximum integer)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    numbered integer;
BEGIN
    PERFORM FROM core.event_relay FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    WITH found AS MATERIALIZED (
        SELECT e.tenant_id, e.id, e.at
        FROM core.events AS e
        WHERE e.seq IS NULL
        ORDER BY e.id
        LIMIT maximum
    ), counted AS (
        SELECT f.tenant_id, count(*) AS events
        FROM found AS f
        GROUP BY f.tenant_id
    ), heads AS (
        INSERT INTO core.event_heads AS h (tenant_id, seq)
        SELECT c.tenant_id, c.events FROM counted AS c
        ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + EXCLUDED.seq
        RETURNING h.tenant_id, h.seq
    ), placed AS (
        SELECT f.tenant_id, f.id,
               h.seq - c.events + row_number() OVER (PARTITION BY f.tenant_id ORDER BY f.at, f.id) AS seq
        FROM found AS f
        JOIN counted AS c USING (tenant_id)
        JOIN heads AS h USING (tenant_id)
    )
    UPDATE core.events AS e
    SET seq = p.seq
    FROM placed AS p
    WHERE e.tenant_id = p.tenant_id AND e.id = p.id;
    GET DIAGNOSTICS numbered = ROW_COUNT;
    RETURN numbered;
END
$$;

GRANT SELECT ON core.events, core.event_heads, core.event_types, core.event_subscriptions, core.event_relay
TO romashka_worker, romashka_operator;
GRANT UPDATE (seq) ON core.events TO romashka_worker;
GRANT INSERT ON core.event_heads TO romashka_worker;
GRANT UPDATE (seq) ON core.event_heads TO romashka_worker;
-- the privilege to lock it
GRANT UPDATE ON core.event_relay TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.number_events(integer) TO romashka_worker;
GRANT SELECT ON core.events, core.event_types TO romashka_auth;
