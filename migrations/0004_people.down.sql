DELETE FROM core.changes WHERE kind IN ('role', 'token_key');
ALTER TABLE core.changes
    DROP CONSTRAINT changes_kind_check,
    ADD CHECK (kind IN ('tenant', 'module', 'session', 'profile'));
DROP TABLE core.token_keys;
ALTER TABLE core.sessions DROP COLUMN second_factor;
DROP TABLE core.impersonations;
DROP TABLE core.api_keys;
DROP TABLE core.invitations;
DROP TABLE core.team_members;
DROP TABLE core.teams;
-- what the older form cannot say becomes the least that it can
UPDATE core.profiles SET role = CASE role WHEN 'owner' THEN 'admin' ELSE 'agent' END, role_id = NULL
WHERE role IN ('owner', 'viewer', 'custom');
ALTER TABLE core.profiles
    DROP CONSTRAINT profiles_role_check,
    DROP COLUMN email,
    DROP COLUMN role_id,
    DROP COLUMN epoch,
    ADD CHECK (role IN ('admin', 'agent'));
DROP TABLE core.roles;
DROP TABLE core.login_throttles;
DROP TABLE core.password_resets;
DROP TABLE core.recovery_codes;
DROP INDEX core.accounts_email, core.accounts_managed_email;
ALTER TABLE core.accounts
    DROP COLUMN managed_by,
    DROP COLUMN totp_salt,
    DROP COLUMN totp_confirmed_at,
    DROP COLUMN totp_last_step,
    ADD UNIQUE (email);
