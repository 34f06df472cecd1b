-- Notes of a tenant. Every table has the tenant first in its key; the policies that keep tenants apart are generated.

CREATE TABLE sample.notes (
    tenant_id  uuid        NOT NULL,
    id         uuid        NOT NULL,
    text       text        NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    is_pinned  boolean     NOT NULL DEFAULT false,
    author_id  uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON sample.notes
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();
