import PluginKit

/// Notes that another system sends: whoever has the address may call, and the signature says that it was them.
enum NoteHook {
    static let hook = Hook(
        "sample.note", maximumSize: 16_384, headers: ["X-Signature", "X-Delivery"], "Notes from elsewhere", receive)

    @Sendable
    private static func receive(_ call: Call, _ message: RawMessage) async throws -> RawReply {
        // Over the bytes as they came: JSON that was read and written again may differ.
        guard let secret = try await call.secrets["token"],
            call.isSigned(message.body, with: secret, as: message.header("X-Signature") ?? "")
        else { throw Problem.unsigned }
        let note = try NewNote.decode(try message.json())
        // Senders try again when they hear nothing; under one id a note is written once.
        let id = message.header("X-Delivery").flatMap { NoteID($0) } ?? .make()
        _ = try await call.tx.execute(
            """
            INSERT INTO sample.notes (tenant_id, id, text, author_id)
            VALUES (\(call.tenant), \(id), \(note.text), \(call.actor.id))
            ON CONFLICT (tenant_id, id) DO NOTHING
            """)
        return .accepted
    }
}
