DELETE FROM core.event_types WHERE module = 'core' AND type ~ '^(hook|host)\.';
DELETE FROM core.table_rules WHERE module = 'core' AND table_name = 'tenant_hosts';
DROP TABLE core.tenant_hosts;
DROP TABLE core.hooks;
