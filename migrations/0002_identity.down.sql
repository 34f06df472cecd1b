DROP TABLE core.operator_tokens;
DROP TABLE core.sessions;
DROP TABLE core.profiles;
DROP TABLE core.accounts;
