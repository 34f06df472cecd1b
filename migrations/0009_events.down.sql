DROP FUNCTION core.number_events(integer);
DROP FUNCTION core.declare_events(text, jsonb, jsonb, boolean);
DROP FUNCTION core.emit(text, uuid, jsonb, uuid, uuid, jsonb, jsonb, text, text);
DROP TABLE core.event_relay, core.event_heads, core.events, core.event_subscriptions, core.event_types;
