-- What streams carry besides events: who is there and who types. Nobody misses it after a crash.

CREATE UNLOGGED TABLE core.ephemeral_events (
    tenant_id       uuid        NOT NULL,
    id              uuid        NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    type            text        NOT NULL CHECK (type IN ('presence', 'typing')),
    actor_kind      text        NOT NULL CHECK (length(actor_kind) = 1),
    actor_id        uuid        NOT NULL,
    conversation_id uuid,
    -- the permission it takes to see it
    permission      text        NOT NULL CHECK (length(permission) <= 80),
    data            jsonb       NOT NULL CHECK (octet_length(data::text) <= 1024),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ephemeral_events_at ON core.ephemeral_events (tenant_id, at);
-- what is old goes
CREATE INDEX ephemeral_events_age ON core.ephemeral_events (at);

GRANT SELECT, INSERT, DELETE ON core.ephemeral_events TO romashka_worker;
