ALTER TABLE core.events
    ALTER COLUMN type TYPE text,
    ALTER COLUMN actor_kind TYPE text,
    ALTER COLUMN audience TYPE jsonb,
    ALTER COLUMN changes TYPE jsonb,
    ALTER COLUMN data TYPE jsonb,
    ALTER COLUMN request_id TYPE text,
    ALTER COLUMN depth TYPE smallint,
    ALTER COLUMN stopped TYPE text,
    ADD CHECK (length(type) <= 80),
    ADD CHECK (length(actor_kind) = 1),
    ADD CHECK (jsonb_typeof(audience) = 'object'),
    ADD CHECK (jsonb_typeof(changes) = 'object'),
    ADD CHECK (pg_column_size(data) <= 262144),
    ADD CHECK (length(request_id) <= 100),
    ADD CHECK (depth >= 0),
    ADD CHECK (stopped IN ('depth'));
ALTER TABLE core.events
    DROP CONSTRAINT events_of_strangers,
    ADD CONSTRAINT events_customers_speak_for_themselves CHECK (actor_kind <> 'c' OR customer_id = actor_id),
    ADD CONSTRAINT events_visitors_name_nobody CHECK (actor_kind <> 'p' OR customer_id IS NULL);
DROP DOMAIN core.event_name, core.actor_letter, core.event_object, core.event_data,
    core.request_label, core.event_stop, core.event_depth;

CREATE OR REPLACE FUNCTION core.uuid7()
RETURNS uuid
LANGUAGE sql
VOLATILE
RETURN overlay(overlay(replace(gen_random_uuid()::text, '-', '')
    PLACING lpad(to_hex((EXTRACT(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') FROM 1)
    PLACING '7' FROM 13)::uuid;
