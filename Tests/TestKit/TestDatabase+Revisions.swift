internal import PluginKit
internal import Postgres

extension TestDatabase {
    /// Notes from now on how often each transaction numbers changes.
    package func noteRevisions() async throws {
        try await asSuperuser { admin in
            try await admin.script(
                """
                CREATE TABLE public.revisions (xid text, revision bigint);
                CREATE FUNCTION public.note_revision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                BEGIN
                    INSERT INTO public.revisions (xid, revision)
                    VALUES (pg_current_xact_id()::text, NEW.revision);
                    RETURN NULL;
                END
                $$;
                CREATE TRIGGER note_revision AFTER UPDATE ON core.control
                FOR EACH ROW EXECUTE FUNCTION public.note_revision();
                """)
        }
    }

    /// For each of those transactions in its order: in how many steps it numbered its changes.
    package func notedSteps() async throws -> [Int] {
        try await asSuperuser { admin in
            let result = try await admin.run(
                "SELECT count(*) AS steps FROM public.revisions GROUP BY xid ORDER BY min(revision)")
            return try result.rows.map { try $0.get("steps", as: Int.self) }
        }
    }
}
