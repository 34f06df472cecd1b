-- In the copy of the platform's database: sessions by plain settings instead of the signed one. Run by a superuser.
--   bench_claims  the platform's own rules and functions, by unsigned claims in app.claims: only the signature is
--                 missing
--   bench_plain   the tenant rule alone, by app.tenant: what an application without Romashka would have
-- Variable: password (of both roles).

CREATE ROLE bench_claims LOGIN NOBYPASSRLS PASSWORD :'password';
CREATE ROLE bench_plain LOGIN NOBYPASSRLS PASSWORD :'password';
ALTER ROLE bench_plain SET jit = off;
ALTER ROLE bench_plain SET plan_cache_mode = force_generic_plan;
GRANT USAGE ON SCHEMA core, conversations TO bench_claims, bench_plain;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA conversations TO bench_claims, bench_plain;

SELECT replace(pg_get_functiondef(p.oid), 'backtrace_functions', 'app.claims')
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'core'::regnamespace AND l.lanname = 'sql'
  AND pg_get_functiondef(p.oid) LIKE '%backtrace_functions%'
\gexec

SELECT format('ALTER POLICY %I ON %I.%I TO bench_claims', policyname, schemaname, tablename)
FROM pg_policies
WHERE schemaname = 'conversations' AND policyname NOT LIKE 'kernel\_%'
\gexec

GRANT INSERT ON core.events TO bench_plain;
ALTER POLICY tenant ON core.events TO bench_claims;
CREATE POLICY plain ON core.events TO bench_plain USING (tenant_id = (SELECT current_setting('app.tenant')::uuid));

SELECT format(
    'CREATE POLICY plain ON conversations.%I TO bench_plain USING (tenant_id = (SELECT current_setting(%L)::uuid))',
    tablename, 'app.tenant')
FROM pg_tables
WHERE schemaname = 'conversations'
\gexec
