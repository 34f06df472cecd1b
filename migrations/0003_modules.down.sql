DROP TABLE core.tenant_modules;
DROP TABLE core.modules;
