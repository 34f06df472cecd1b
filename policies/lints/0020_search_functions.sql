-- search_functions: A search function is exactly what the generator writes: it names the session's tenant and belongs to the searcher.

SELECT search.module || '.' || search.name AS object, 'altered' AS detail
FROM core.searches AS search
JOIN pg_catalog.pg_proc AS p
    ON p.oid = to_regprocedure(format('%I.%I(text,integer)', search.module, search.name))
JOIN core.tenant_tables AS t ON t.schema_name = search.module AND t.table_name = search.table_name
WHERE p.prosrc IS DISTINCT FROM core.search_body(t.oid, search.vector_column, search.configuration)
   OR NOT p.prosecdef
   OR p.proowner <> 'romashka_searcher'::regrole;
