-- module_code: No trigger, default, CHECK, generated column, index, policy, rule or cast of a module runs code of the module's own: it would run as whoever touches the table, were it the kernel.

SELECT code.object, code.detail
FROM core.our_schemas AS s
CROSS JOIN LATERAL core.foreign_code(s.schema_name) AS code
WHERE s.login_name IS NOT NULL;
