-- roles: No role of ours passes row-level security, creates roles or databases, or is a member of another but as set up.

SELECT r.rolname::text AS object, problem AS detail
FROM pg_catalog.pg_roles AS r
CROSS JOIN LATERAL (VALUES
    ('SUPERUSER', r.rolsuper),
    ('BYPASSRLS', r.rolbypassrls),
    ('CREATEROLE', r.rolcreaterole),
    ('CREATEDB', r.rolcreatedb),
    ('REPLICATION', r.rolreplication),
    ('LOGIN', r.rolcanlogin AND r.rolname !~ '^romashka_(auth|worker|operator|m_.*)$'),
    ('no NOINHERIT: the policies of a group would not hold for it', NOT r.rolinherit)
) AS attributes (problem, present)
WHERE r.rolname LIKE 'romashka\_%' AND present
UNION ALL
SELECT member.rolname::text, 'member of ' || granted.rolname
FROM pg_catalog.pg_auth_members AS m
JOIN pg_catalog.pg_roles AS granted ON granted.oid = m.roleid
JOIN pg_catalog.pg_roles AS member ON member.oid = m.member
WHERE (member.rolname LIKE 'romashka\_%' OR granted.rolname LIKE 'romashka\_%')
  AND NOT member.rolsuper
  AND NOT (
      (granted.rolname = 'romashka_modules' AND member.rolname ~ '^romashka_[om]_')
      OR (granted.rolname LIKE 'romashka\_o\_%' AND member.rolname = 'romashka_owner')
      OR (granted.rolname = 'pg_read_all_stats' AND member.rolname = 'romashka_operator')
      OR (granted.rolname = 'pg_read_all_settings' AND member.rolname = 'romashka_keyholder'))
UNION ALL
-- the customer's policy is made for this group
SELECT r.rolname::text, 'not a member of romashka_modules'
FROM pg_catalog.pg_roles AS r
WHERE r.rolname ~ '^romashka_[om]_'
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_auth_members AS m
      WHERE m.member = r.oid AND m.roleid = 'romashka_modules'::regrole);
