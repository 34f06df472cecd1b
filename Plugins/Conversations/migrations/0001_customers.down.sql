DROP TABLE conversations.customer_profiles;
