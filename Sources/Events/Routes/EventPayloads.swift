internal import Foundation
internal import PluginKit

/// A type of event with what its data looks like.
enum EventTypePayload: Payload {
    static let schema = Schema(
        "StreamEventType",
        [
            Field("type", .text(3...80), example: "message.created"),
            Field("title", .text(1...120), example: "A message was added"),
            Field("version", .integer(1...1000), example: 1),
            Field("module", .text(2...31), example: "conversations"),
            Field("sample", .json(maximumBytes: 65_536), example: ["content": "Hello"], summary: "A possible data."),
            Field(
                "schema", .json(maximumBytes: 262_144), example: ["type": "object"],
                summary: "The JSON Schema of data; later versions may add to it."),
        ])
}

/// An event, as lists and streams show it.
enum EventPayload: Payload {
    static let schema = Schema(
        "StreamEvent",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("seq", .integer(1...Int64.max), example: 17, summary: "1, 2, 3, … in each tenant."),
            Field("at", .timestamp, example: "2026-01-01T00:00:00.000000Z"),
            Field("type", .text(3...80), example: "message.created"),
            Field("version", .integer(1...1000), example: 1),
            Field("module", .text(2...31), example: "conversations"),
            Field("subject", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002", summary: "What it happened to."),
            Field("conversation_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000003"),
            Field("customer_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000004"),
            Field("actor", .object(actor), example: actor.example),
            Field(
                "changes", .json(maximumBytes: 262_144), example: [:], summary: "For each field the old and the new."),
            Field("data", .json(maximumBytes: 262_144), example: ["content": "Hello"]),
        ])

    private static let actor = Schema(
        "EventActor",
        [
            Field(
                "kind", .oneOf(["member", "api_key", "customer", "visitor", "hook", "operator", "system"]),
                required: true,
                example: "member"),
            Field("id", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000005"),
            Field(
                "impersonator", .uuid, nullable: true, example: nil,
                summary: "The operator who acted in their place, when one did."),
        ])
}

/// What somebody says of themselves.
struct PresenceInput: RequestPayload {
    let state: String
    let conversation: UUID?

    static let schema = Schema(
        "Presence",
        [
            Field("state", .oneOf(["online", "away", "offline"]), required: true, example: "online"),
            Field(
                "conversation_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000003",
                summary: "The conversation that is looked at."),
        ])

    init(_ record: Record) throws {
        state = try record["state"]
        conversation = try record["conversation_id"]
    }
}

/// Where somebody types.
struct TypingInput: RequestPayload {
    let conversation: UUID

    static let schema = Schema(
        "Typing",
        [Field("conversation_id", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000003")])

    init(_ record: Record) throws {
        conversation = try record["conversation_id"]
    }
}
