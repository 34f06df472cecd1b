REVOKE EXECUTE ON FUNCTION core.put_job(
    uuid, text, text, jsonb, timestamptz, smallint, text, text, interval, boolean, uuid, smallint, text)
FROM romashka_auth;
REVOKE EXECUTE ON FUNCTION core.uuid7() FROM romashka_auth;
REVOKE INSERT ON core.jobs_ready FROM romashka_auth;
REVOKE SELECT ON core.job_kinds FROM romashka_auth;
REVOKE SELECT ON core.event_subscriptions FROM romashka_auth;
REVOKE INSERT ON core.events FROM romashka_auth, romashka_worker;
DELETE FROM core.event_types WHERE module = 'core';
DROP TRIGGER tell_of_change ON core.files;
DROP TRIGGER tell_of_change ON core.oidc_identities;
DROP TRIGGER tell_of_change ON core.oidc_connections;
DROP TRIGGER tell_of_change ON core.module_secrets;
DROP TRIGGER tell_of_change ON core.tenant_modules;
DROP TRIGGER tell_of_change ON core.impersonations;
DROP TRIGGER tell_of_change ON core.api_keys;
DROP TRIGGER tell_of_change ON core.invitations;
DROP TRIGGER tell_of_change ON core.team_members;
DROP TRIGGER tell_of_change ON core.teams;
DROP TRIGGER tell_of_change ON core.roles;
DROP TRIGGER tell_of_change ON core.sessions;
DROP TRIGGER tell_of_change ON core.profiles;
DROP TRIGGER tell_of_change ON core.tenants;
DROP FUNCTION core.tell_of_change();
DROP FUNCTION core.tell(uuid, text, uuid, text, jsonb, jsonb);
DROP FUNCTION core.acting();
