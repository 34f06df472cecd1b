-- public_privileges: PUBLIC has no privilege in our schemas.

SELECT p.oid::regprocedure::text AS object, 'EXECUTE by PUBLIC' AS detail
FROM pg_catalog.pg_proc AS p
JOIN core.our_schemas AS s ON s.oid = p.pronamespace
WHERE has_function_privilege('public', p.oid, 'EXECUTE')
UNION ALL
SELECT c.oid::regclass::text, acl.privilege_type || ' by PUBLIC'
FROM pg_catalog.pg_class AS c
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
WHERE acl.grantee = 0
UNION ALL
SELECT a.attrelid::regclass::text || '.' || a.attname, acl.privilege_type || ' by PUBLIC'
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN core.our_schemas AS s ON s.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(a.attacl) AS acl
WHERE acl.grantee = 0
UNION ALL
SELECT 'schema ' || s.schema_name, acl.privilege_type || ' by PUBLIC'
FROM core.our_schemas AS s
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.oid
CROSS JOIN LATERAL aclexplode(n.nspacl) AS acl
WHERE acl.grantee = 0;
