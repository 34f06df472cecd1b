-- Rules of one column are rules of its type: PostgreSQL reads each CHECK of a table anew for every statement that
-- writes to it, and those of a domain once for a connection. A quarter of the time of adding a message went there.
--
-- A type gets its rules after the columns have it, so that rows are read once and not written again. The type of a
-- message keeps its CHECK, because a policy looks at the column.
CREATE DOMAIN conversations.conversation_status AS text;
CREATE DOMAIN conversations.conversation_priority AS text;
CREATE DOMAIN conversations.conversation_channel AS text;
CREATE DOMAIN conversations.sentiment AS smallint;
CREATE DOMAIN conversations.amount AS integer;
CREATE DOMAIN conversations.message_direction AS text;
CREATE DOMAIN conversations.message_content AS text;
CREATE DOMAIN conversations.message_sender AS text;
-- what is read at a glance, and what only names something
CREATE DOMAIN conversations.line AS text;
CREATE DOMAIN conversations.label AS text;

ALTER TABLE conversations.conversations
    DROP CONSTRAINT conversations_subject_check,
    DROP CONSTRAINT conversations_status_check,
    DROP CONSTRAINT conversations_priority_check,
    DROP CONSTRAINT conversations_channel_check,
    DROP CONSTRAINT conversations_message_count_check,
    DROP CONSTRAINT conversations_session_id_check,
    DROP CONSTRAINT conversations_escalation_reason_check,
    DROP CONSTRAINT conversations_sentiment_score_check,
    ALTER COLUMN subject TYPE conversations.line,
    ALTER COLUMN status TYPE conversations.conversation_status,
    ALTER COLUMN priority TYPE conversations.conversation_priority,
    ALTER COLUMN channel TYPE conversations.conversation_channel,
    ALTER COLUMN message_count TYPE conversations.amount,
    ALTER COLUMN session_id TYPE conversations.label,
    ALTER COLUMN escalation_reason TYPE conversations.line,
    ALTER COLUMN sentiment_score TYPE conversations.sentiment;

ALTER TABLE conversations.messages
    DROP CONSTRAINT messages_direction_check,
    DROP CONSTRAINT messages_content_check,
    DROP CONSTRAINT messages_sender_kind_check,
    DROP CONSTRAINT messages_agent_name_check,
    DROP CONSTRAINT messages_response_time_ms_check,
    ALTER COLUMN direction TYPE conversations.message_direction,
    ALTER COLUMN content TYPE conversations.message_content,
    ALTER COLUMN sender_kind TYPE conversations.message_sender,
    ALTER COLUMN agent_name TYPE conversations.label,
    ALTER COLUMN response_time_ms TYPE conversations.amount;

ALTER DOMAIN conversations.conversation_status ADD CHECK (VALUE IN ('open', 'pending', 'resolved', 'closed'));
ALTER DOMAIN conversations.conversation_priority ADD CHECK (VALUE IN ('low', 'normal', 'high', 'urgent'));
ALTER DOMAIN conversations.conversation_channel
    ADD CHECK (VALUE IN ('web', 'email', 'chat', 'api', 'phone', 'sms', 'social'));
-- -100 … 100
ALTER DOMAIN conversations.sentiment ADD CHECK (VALUE BETWEEN -100 AND 100);
ALTER DOMAIN conversations.amount ADD CHECK (VALUE >= 0);
ALTER DOMAIN conversations.message_direction ADD CHECK (VALUE IN ('inbound', 'outbound'));
ALTER DOMAIN conversations.message_content ADD CHECK (length(VALUE) <= 100000);
ALTER DOMAIN conversations.message_sender
    ADD CHECK (VALUE IN ('customer', 'member', 'api_key', 'system', 'assistant'));
ALTER DOMAIN conversations.line ADD CHECK (length(VALUE) <= 500);
ALTER DOMAIN conversations.label ADD CHECK (length(VALUE) <= 200);
