-- policies_exact: The policies of a table are exactly the generated ones and those of the closed kernel list.

SELECT t.object, 'policy ' || a.name || ' is none of ours' AS detail
FROM core.actual_policies AS a
JOIN core.our_tables AS t ON t.oid = a.oid
WHERE NOT EXISTS (
    SELECT FROM core.expected_policies AS e WHERE e.oid = a.oid AND e.name = a.name)
UNION ALL
SELECT t.object, 'policy ' || e.name || ' is missing'
FROM core.expected_policies AS e
JOIN core.our_tables AS t ON t.oid = e.oid
WHERE NOT EXISTS (
    SELECT FROM core.actual_policies AS a WHERE a.oid = e.oid AND a.name = e.name)
UNION ALL
SELECT
    t.object,
    format('policy %s is altered: %s %s to %s using %s check %s', a.name,
           CASE WHEN a.permissive THEN 'permissive' ELSE 'restrictive' END,
           a.command, a.role_name, a.using_expression, a.check_expression)
FROM core.actual_policies AS a
JOIN core.expected_policies AS e ON e.oid = a.oid AND e.name = a.name
JOIN core.our_tables AS t ON t.oid = a.oid
WHERE (a.permissive, a.command, a.role_name) IS DISTINCT FROM (e.permissive, e.command, e.role_name)
   OR a.using_expression IS DISTINCT FROM CASE WHEN e.command = 'INSERT' THEN NULL ELSE e.expression END
   OR a.check_expression IS DISTINCT FROM CASE WHEN e.command IN ('SELECT', 'DELETE') THEN NULL ELSE e.expression END;
