DROP TABLE conversations.messages;
DROP TABLE conversations.conversation_tags;
DROP TABLE conversations.conversations;
