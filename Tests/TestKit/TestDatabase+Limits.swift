internal import PluginKit
internal import Postgres

extension TestDatabase {
    /// Notes from now on how long the server lets statements take that delete from a table.
    package func noteLimit(whenDeletingFrom table: String) async throws {
        try await asSuperuser { admin in
            try await admin.script(
                """
                CREATE TABLE public.limits (setting text);
                CREATE FUNCTION public.note_limit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                BEGIN
                    INSERT INTO public.limits (setting) VALUES (current_setting('statement_timeout'));
                    RETURN NULL;
                END
                $$;
                CREATE TRIGGER note_limit AFTER DELETE ON \(table)
                FOR EACH STATEMENT EXECUTE FUNCTION public.note_limit();
                """)
        }
    }

    /// The limits that were noted, each once.
    package func notedLimits() async throws -> Set<String> {
        try await asSuperuser { admin in
            let result = try await admin.run("SELECT DISTINCT setting FROM public.limits")
            return Set(try result.rows.map { try $0.get("setting", as: String.self) })
        }
    }
}
