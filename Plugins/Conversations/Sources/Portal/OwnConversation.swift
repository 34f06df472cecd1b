internal import PluginKit

/// A conversation as its customer sees it. Neither when it last changed nor how many messages it has: notes count in both.
enum OwnConversation: Payload {
    static let schema = Schema(
        "OwnConversation",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000020"),
            Field("subject", .text(max: 500), nullable: true, example: "Where is my parcel?"),
            Field("status", .oneOf(ConversationWords.statuses), example: "open"),
            Field("channel", .oneOf(ConversationWords.channels), example: "web"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The columns, in the order of the fields.
    static let columns: SQL = "id, subject, status, channel, created_at"
}

/// A message as its conversation's customer sees it: never a note, and of who wrote it only what they are.
enum OwnMessage: Payload {
    static let schema = Schema(
        "OwnMessage",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000030"),
            Field("conversation_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000020"),
            Field("direction", .oneOf(["inbound", "outbound"]), example: "outbound"),
            Field("type", .oneOf(["text", "image", "file"]), example: "text"),
            Field("content", .text(max: 100_000), example: "It is on its way."),
            Field("sender_kind", .oneOf(["customer", "member", "api_key", "system", "assistant"]), example: "member"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The columns of what a statement calls a message, in the order of the fields.
    static func columns(of row: SQL) -> SQL {
        """
        \(row).id, \(row).conversation_id, \(row).direction, \(row).type, \(row).content, \(row).sender_kind,
        \(row).created_at
        """
    }
}

/// A conversation that a customer begins.
struct NewOwnConversation: RequestPayload {
    let subject: String?
    let content: String

    static let schema = Schema(
        "NewOwnConversation",
        [
            Field("subject", .text(1...500), nullable: true, example: "Where is my parcel?"),
            Field("content", .text(1...100_000), required: true, example: "I ordered a week ago."),
        ])

    init(_ record: Record) throws {
        subject = try record["subject"]
        content = try record["content"]
    }
}

/// What a customer writes.
struct NewOwnMessage: RequestPayload {
    let content: String

    static let schema = Schema(
        "NewOwnMessage", [Field("content", .text(1...100_000), required: true, example: "It has arrived, thank you.")])

    init(_ record: Record) throws {
        content = try record["content"]
    }
}
