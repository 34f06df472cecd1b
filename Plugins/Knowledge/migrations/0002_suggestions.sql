-- Articles that may answer what a customer asked, found when the question came in.

CREATE TABLE knowledge.knowledge_suggestions (
    tenant_id       uuid        NOT NULL,
    -- of another module: no foreign key
    conversation_id uuid        NOT NULL,
    item_id         uuid        NOT NULL,
    message_id      uuid        NOT NULL,
    rank            float8      NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, conversation_id, item_id),
    FOREIGN KEY (tenant_id, item_id) REFERENCES knowledge.knowledge_items (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX knowledge_suggestions_item ON knowledge.knowledge_suggestions (tenant_id, item_id);
CREATE INDEX knowledge_suggestions_age ON knowledge.knowledge_suggestions (tenant_id, created_at);
