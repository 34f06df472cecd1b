-- database_privileges: PUBLIC and the modules create neither temporary tables nor schemas in this database, which a restore or a copy forgets.

SELECT
    'database ' || d.datname AS object,
    format('%s by %s: run romashka bootstrap again',
           acl.privilege_type,
           CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee)::text END) AS detail
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS acl
WHERE d.datname = current_database()
  AND acl.privilege_type IN ('TEMPORARY', 'CREATE')
  AND (acl.grantee = 0 OR pg_get_userbyid(acl.grantee) ~ '^romashka_');
