-- Conversations, their tags and their messages.

CREATE TABLE conversations.conversations (
    tenant_id          uuid        NOT NULL,
    id                 uuid        NOT NULL,
    customer_id        uuid        NOT NULL,
    subject            text        CHECK (length(subject) <= 500),
    status             text        NOT NULL DEFAULT 'open'
                                   CHECK (status IN ('open', 'pending', 'resolved', 'closed')),
    priority           text        NOT NULL DEFAULT 'normal'
                                   CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    channel            text        NOT NULL DEFAULT 'web'
                                   CHECK (channel IN ('web', 'email', 'chat', 'api', 'phone', 'sms', 'social')),
    assignee_id        uuid,
    message_count      integer     NOT NULL DEFAULT 0 CHECK (message_count >= 0),
    session_id         text        CHECK (length(session_id) <= 200),
    is_authenticated   boolean     NOT NULL DEFAULT false,
    escalated_to_human boolean     NOT NULL DEFAULT false,
    escalation_reason  text        CHECK (length(escalation_reason) <= 500),
    -- -100 … 100
    sentiment_score    smallint    CHECK (sentiment_score BETWEEN -100 AND 100),
    last_message_at    timestamptz NOT NULL DEFAULT now(),
    resolved_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- what the messages refer to, so that a message's customer is its conversation's
    UNIQUE (tenant_id, id, customer_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES conversations.customer_profiles (tenant_id, id),
    -- only people of the same tenant
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES core.profiles (tenant_id, id) ON DELETE SET NULL (assignee_id)
) WITH (fillfactor = 85);

CREATE INDEX conversations_recent
    ON conversations.conversations (tenant_id, last_message_at DESC, id DESC);
CREATE INDEX conversations_status
    ON conversations.conversations (tenant_id, status, last_message_at DESC, id DESC);
CREATE INDEX conversations_customer
    ON conversations.conversations (tenant_id, customer_id, id DESC);
CREATE INDEX conversations_assignee
    ON conversations.conversations (tenant_id, assignee_id, last_message_at DESC, id DESC);

CREATE TRIGGER touch_updated_at
BEFORE UPDATE ON conversations.conversations
FOR EACH ROW EXECUTE FUNCTION core.touch_updated_at();

-- Rows, not an array: no array operator can use an index under row-level security.
CREATE TABLE conversations.conversation_tags (
    tenant_id       uuid NOT NULL,
    conversation_id uuid NOT NULL,
    tag             text NOT NULL CHECK (length(tag) BETWEEN 1 AND 50),
    PRIMARY KEY (tenant_id, conversation_id, tag),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversations.conversations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_tags_tag ON conversations.conversation_tags (tenant_id, tag, conversation_id DESC);

-- By month of the id. A message carries its conversation's customer, so that a customer's session sees its own
-- messages by comparing a column.
CREATE TABLE conversations.messages (
    tenant_id        uuid        NOT NULL,
    id               uuid        NOT NULL,
    conversation_id  uuid        NOT NULL,
    customer_id      uuid        NOT NULL,
    direction        text        NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    type             text        NOT NULL DEFAULT 'text' CHECK (type IN ('text', 'note', 'image', 'file', 'system')),
    content          text        NOT NULL CHECK (length(content) <= 100000),
    sender_kind      text        NOT NULL CHECK (sender_kind IN ('customer', 'member', 'api_key', 'system', 'assistant')),
    sender_id        uuid,
    agent_name       text        CHECK (length(agent_name) <= 200),
    response_time_ms integer     CHECK (response_time_ms >= 0),
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- merging customers moves the messages along with their conversation
    FOREIGN KEY (tenant_id, conversation_id, customer_id)
        REFERENCES conversations.conversations (tenant_id, id, customer_id)
        ON UPDATE CASCADE ON DELETE CASCADE
) PARTITION BY RANGE (id);

CREATE INDEX messages_conversation ON conversations.messages (tenant_id, conversation_id, id);
