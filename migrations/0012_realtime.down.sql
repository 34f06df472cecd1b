DROP TABLE core.ephemeral_events;
