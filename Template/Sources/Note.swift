import PluginKit

/// A note.
enum Note: Payload {
    static let schema = Schema(
        "SampleNote",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000060"),
            Field("text", .text(1...2000), example: "Hello. Calls only after six."),
            Field("is_pinned", .boolean, example: false),
            Field("author_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The columns, in the order of the fields.
    static let columns: SQL = "id, text, is_pinned, author_id, created_at, updated_at"
}

/// A note to be written.
struct NewNote: RequestPayload {
    let text: String

    static let schema = Schema(
        "NewSampleNote", [Field("text", .text(1...1000), required: true, example: "Calls only after six.")])

    init(_ record: Record) throws {
        text = try record["text"]
    }
}

typealias NoteID = ID<Note>
