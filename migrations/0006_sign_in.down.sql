DROP TABLE core.oidc_used_states;
DROP TABLE core.oidc_identities;
DROP TABLE core.oidc_connections;
-- Accounts without an address only signed in through a connection, which is gone.
DELETE FROM core.profiles AS p USING core.accounts AS a WHERE a.id = p.account_id AND a.email IS NULL;
DELETE FROM core.accounts WHERE email IS NULL;
ALTER TABLE core.accounts ALTER COLUMN email SET NOT NULL;
ALTER TABLE core.profiles ALTER COLUMN email SET NOT NULL;
