DROP TABLE knowledge.knowledge_suggestions;
