ALTER TABLE conversations.conversations
    ALTER COLUMN subject TYPE text,
    ALTER COLUMN status TYPE text,
    ALTER COLUMN priority TYPE text,
    ALTER COLUMN channel TYPE text,
    ALTER COLUMN message_count TYPE integer,
    ALTER COLUMN session_id TYPE text,
    ALTER COLUMN escalation_reason TYPE text,
    ALTER COLUMN sentiment_score TYPE smallint,
    ADD CHECK (length(subject) <= 500),
    ADD CHECK (status IN ('open', 'pending', 'resolved', 'closed')),
    ADD CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    ADD CHECK (channel IN ('web', 'email', 'chat', 'api', 'phone', 'sms', 'social')),
    ADD CHECK (message_count >= 0),
    ADD CHECK (length(session_id) <= 200),
    ADD CHECK (length(escalation_reason) <= 500),
    ADD CHECK (sentiment_score BETWEEN -100 AND 100);

ALTER TABLE conversations.messages
    ALTER COLUMN direction TYPE text,
    ALTER COLUMN content TYPE text,
    ALTER COLUMN sender_kind TYPE text,
    ALTER COLUMN agent_name TYPE text,
    ALTER COLUMN response_time_ms TYPE integer,
    ADD CHECK (direction IN ('inbound', 'outbound')),
    ADD CHECK (length(content) <= 100000),
    ADD CHECK (sender_kind IN ('customer', 'member', 'api_key', 'system', 'assistant')),
    ADD CHECK (length(agent_name) <= 200),
    ADD CHECK (response_time_ms >= 0);

DROP DOMAIN conversations.conversation_status, conversations.conversation_priority, conversations.conversation_channel,
    conversations.sentiment, conversations.amount, conversations.message_direction, conversations.message_content,
    conversations.message_sender, conversations.line, conversations.label;
