import PluginKit

/// Notes: list, write, read, remove.
enum NoteRoutes {
    static let all: [Route] = [
        List("/sample/notes", needs: "sample.read", of: Note.self, "All notes, newest first", list),
        Post(
            "/sample/notes", needs: "sample.write", takes: NewNote.self, returns: Note.self, "Write a note", create),
        Get("/sample/notes/{id}", needs: "sample.read", returns: Note.self, "One note", get),
        Delete("/sample/notes/{id}", needs: "sample.write", "Remove a note", remove),
    ]

    @Sendable
    private static func list(_ call: Call) async throws -> Page<Note> {
        try await call.tx.page(
            call.page, key: ["id"],
            """
            SELECT \(Note.columns)
            FROM sample.notes
            WHERE tenant_id = \(call.tenant)
              AND id < \(call.page.after(0, or: NoteID(.last)))
            ORDER BY id DESC
            LIMIT \(call.page.fetchCount)
            """)
    }

    @Sendable
    private static func create(_ call: Call, _ input: NewNote) async throws -> Resource<Note> {
        let greeting: String = try call.settings["greeting"]
        return try await call.tx.one(
            """
            INSERT INTO sample.notes (tenant_id, id, text, author_id)
            VALUES (\(call.tenant), \(NoteID.make()), \("\(greeting). \(input.text)"), \(call.actor.id))
            RETURNING \(Note.columns)
            """)
    }

    @Sendable
    private static func get(_ call: Call) async throws -> Resource<Note> {
        try await call.tx.one(
            """
            SELECT \(Note.columns)
            FROM sample.notes
            WHERE tenant_id = \(call.tenant) AND id = \(try call.path("id", as: NoteID.self))
            """)
    }

    @Sendable
    private static func remove(_ call: Call) async throws {
        let removed = try await call.tx.execute(
            """
            DELETE FROM sample.notes
            WHERE tenant_id = \(call.tenant) AND id = \(try call.path("id", as: NoteID.self))
            """)
        guard removed == 1 else { throw Problem.notFound }
    }
}
