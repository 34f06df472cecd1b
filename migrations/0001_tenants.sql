-- Tenants, and the feed by which every process learns of changes.

CREATE FUNCTION core.touch_updated_at()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
GRANT EXECUTE ON FUNCTION core.touch_updated_at() TO romashka_modules;

CREATE TABLE core.tenants (
    id         uuid        PRIMARY KEY,
    -- a label of a host name
    slug       text        NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    status     text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    is_test    boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON core.tenants
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

-- One row: its lock makes the revisions commit in their order, so that a reader who has seen n misses none below n.
CREATE TABLE core.control (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision  bigint  NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO core.control DEFAULT VALUES;

CREATE TABLE core.changes (
    revision  bigint      PRIMARY KEY,
    kind      text        NOT NULL CHECK (kind IN ('tenant', 'module', 'session', 'profile')),
    -- empty: it concerns every tenant
    tenant_id uuid,
    subject   text        NOT NULL CHECK (length(subject) <= 200),
    at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX changes_at ON core.changes (at);

-- Call it as late in the transaction as possible: from here to COMMIT all other changes wait.
CREATE FUNCTION core.record_change(kind text, tenant_id uuid, subject text)
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
    WITH bumped AS (
        UPDATE core.control SET revision = control.revision + 1
        RETURNING control.revision
    )
    INSERT INTO core.changes (revision, kind, tenant_id, subject)
    SELECT bumped.revision, record_change.kind, record_change.tenant_id, record_change.subject
    FROM bumped
    RETURNING changes.revision;
END;

-- Who has not polled for this long starts afresh.
CREATE FUNCTION core.prune_changes(older_than interval DEFAULT '1 day')
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
    WITH gone AS (
        DELETE FROM core.changes AS c
        WHERE c.at < now() - prune_changes.older_than
        RETURNING 1
    )
    SELECT count(*) FROM gone;
END;

GRANT SELECT, INSERT ON core.tenants TO romashka_auth;
GRANT UPDATE (slug, name, status, is_test) ON core.tenants TO romashka_auth;
GRANT SELECT ON core.tenants TO romashka_worker, romashka_operator;

GRANT SELECT ON core.control, core.changes TO romashka_auth, romashka_worker, romashka_operator;
GRANT UPDATE (revision) ON core.control TO romashka_auth, romashka_worker;
GRANT INSERT ON core.changes TO romashka_auth, romashka_worker;
GRANT DELETE ON core.changes TO romashka_worker;
GRANT EXECUTE ON FUNCTION core.record_change(text, uuid, text) TO romashka_auth, romashka_worker;
GRANT EXECUTE ON FUNCTION core.prune_changes(interval) TO romashka_worker;

-- changes may concern every tenant; only kernel roles read it.
INSERT INTO core.table_rules (module, table_name, is_global) VALUES ('core', 'changes', true);
