DROP TABLE knowledge.knowledge_items;
DROP TABLE knowledge.knowledge_categories;
