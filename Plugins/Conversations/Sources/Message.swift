internal import PluginKit

/// One message of a conversation.
enum Message: Payload {
    static let schema = Schema(
        "Message",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000030"),
            Field("conversation_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000020"),
            Field("direction", .oneOf(["inbound", "outbound"]), example: "outbound"),
            Field("type", .oneOf(["text", "note", "image", "file", "system"]), example: "text"),
            Field("content", .text(max: 100_000), example: "It is on its way."),
            Field("sender_kind", .oneOf(["customer", "member", "api_key", "system", "assistant"]), example: "member"),
            Field("sender_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The columns, in the order of the fields.
    static let columns: SQL = "id, conversation_id, direction, type, content, sender_kind, sender_id, created_at"

    /// The same, of what a statement calls a message.
    static func columns(of row: SQL) -> SQL {
        """
        \(row).id, \(row).conversation_id, \(row).direction, \(row).type, \(row).content, \(row).sender_kind,
        \(row).sender_id, \(row).created_at
        """
    }
}

/// A message to be added. One that comes in is the customer's, one that goes out is the caller's.
struct NewMessage: RequestPayload {
    let content: String
    let direction: String
    let type: String

    static let schema = Schema(
        "NewMessage",
        [
            Field("content", .text(1...100_000), required: true, example: "It is on its way."),
            Field("direction", .oneOf(["inbound", "outbound"]), example: "outbound"),
            Field("type", .oneOf(["text", "note"]), example: "text"),
        ])

    init(_ record: Record) throws {
        content = try record["content"]
        direction = record.has("direction") ? try record["direction"] : "outbound"
        type = record.has("type") ? try record["type"] : "text"
    }
}

extension Actor.Kind {
    /// What a message says of who wrote it.
    var sender: String {
        switch self {
        case .member: "member"
        case .apiKey: "api_key"
        case .customer: "customer"
        case .visitor, .hook, .system: "system"
        }
    }
}

typealias MessageID = ID<Message>
