import PluginKit

/// What other modules may do with notes.
struct PinNote: RequestPayload {
    let id: NoteID

    static let schema = Schema(
        "PinSampleNote",
        [Field("id", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000060")])

    init(_ record: Record) throws {
        id = try record["id"]
    }

    static let command = Command(
        "sample.pin", needs: "sample.write", takes: PinNote.self, returns: Note.self, "Pin a note"
    ) { call, pin in
        try await call.tx.one(
            """
            UPDATE sample.notes
            SET is_pinned = true
            WHERE tenant_id = \(call.tenant) AND id = \(pin.id)
            RETURNING \(Note.columns)
            """)
    }
}
