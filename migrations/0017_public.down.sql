REVOKE INSERT ON core.events FROM romashka_auth;
DELETE FROM core.table_rules WHERE module = 'core' AND table_name = 'tenant_hosts';
DROP TABLE core.tenant_hosts;
DROP TABLE core.hooks;
