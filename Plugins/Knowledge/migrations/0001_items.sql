-- The help centre: a tree of categories and the articles in it.

CREATE TABLE knowledge.knowledge_categories (
    tenant_id  uuid        NOT NULL,
    id         uuid        NOT NULL,
    parent_id  uuid,
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    position   integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- longer loops are refused by the module
    CHECK (parent_id <> id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES knowledge.knowledge_categories (tenant_id, id)
);
CREATE INDEX knowledge_categories_parent
    ON knowledge.knowledge_categories (tenant_id, parent_id, position, id);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON knowledge.knowledge_categories
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

CREATE TABLE knowledge.knowledge_items (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    title       text        NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    body        text        NOT NULL DEFAULT '' CHECK (length(body) <= 200000),
    category_id uuid,
    status      text        NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'archived')),
    version     integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    author_id   uuid,
    -- 'simple' stems no language, so it serves every language alike; the title weighs more
    tsv         tsvector    NOT NULL GENERATED ALWAYS AS (
                                setweight(to_tsvector('pg_catalog.simple', title), 'A')
                                || setweight(to_tsvector('pg_catalog.simple', body), 'B')
                            ) STORED,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, category_id) REFERENCES knowledge.knowledge_categories (tenant_id, id)
        ON DELETE SET NULL (category_id)
);

-- the primary key, read backwards, lists the newest
CREATE INDEX knowledge_items_status ON knowledge.knowledge_items (tenant_id, status, id DESC);
CREATE INDEX knowledge_items_category ON knowledge.knowledge_items (tenant_id, category_id, id DESC);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON knowledge.knowledge_items
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();
