-- What modules do by the clock, for each tenant in its own zone.

-- What modules declare in plugin.json; written by migrate.
CREATE TABLE core.schedule_kinds (
    module    text    NOT NULL,
    name      text    NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    -- five fields of cron
    cron      text    NOT NULL CHECK (length(cron) <= 100),
    -- a zone of the IANA database, or 'tenant'
    zone      text    NOT NULL CHECK (length(zone) <= 60),
    kind      text    NOT NULL,
    catch_up  text    NOT NULL CHECK (catch_up IN ('none', 'last', 'all')),
    always_on boolean NOT NULL,
    PRIMARY KEY (module, name),
    FOREIGN KEY (module, kind) REFERENCES core.job_kinds (module, kind) ON DELETE CASCADE
);

-- When each is due next. A row is made when the scheduler first sees tenant and schedule together.
CREATE TABLE core.schedules (
    tenant_id uuid        NOT NULL,
    module    text        NOT NULL,
    name      text        NOT NULL,
    -- as it was when next_at was reckoned
    cron      text        NOT NULL,
    zone      text        NOT NULL,
    next_at   timestamptz NOT NULL,
    last_at   timestamptz,
    PRIMARY KEY (tenant_id, module, name)
);
CREATE INDEX schedules_due ON core.schedules (next_at);

-- Of the tenant's own zone, for all its schedules that ask for it.
ALTER TABLE core.tenants ADD COLUMN zone text NOT NULL DEFAULT 'UTC' CHECK (length(zone) BETWEEN 1 AND 60);

CREATE FUNCTION core.declare_schedules(module text, schedules jsonb, always_on boolean)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM core.schedule_kinds AS old WHERE old.module = declare_schedules.module;
    INSERT INTO core.schedule_kinds (module, name, cron, zone, kind, catch_up, always_on)
    SELECT declare_schedules.module, s.name, s.cron, s.zone, s.job, s.catch_up, declare_schedules.always_on
    FROM jsonb_to_recordset(declare_schedules.schedules) AS s (name text, cron text, zone text, job text, catch_up text);
END;

GRANT SELECT ON core.schedule_kinds, core.schedules TO romashka_worker, romashka_operator;
GRANT INSERT, DELETE ON core.schedules TO romashka_worker;
GRANT UPDATE (cron, zone, next_at, last_at) ON core.schedules TO romashka_worker;
GRANT UPDATE (zone) ON core.tenants TO romashka_auth;
