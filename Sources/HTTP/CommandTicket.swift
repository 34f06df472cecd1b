internal import PluginKit

/// What a transaction asked for, as `core.enqueue_command` writes it.
struct CommandTicket: RequestPayload {
    let command: String
    let input: JSONValue
    let key: String
    /// The module that asked.
    let askedBy: String

    static let schema = Schema(
        "CommandTicket",
        [
            Field("command", .text(3...80), required: true, example: "conversations.assign"),
            Field("input", .json(maximumBytes: 262_144), required: true, example: [:]),
            Field("key", .text(1...200), required: true, example: "0192f0c1-7a00-7000-8000-000000000030"),
            Field("asked_by", .text(2...31), required: true, example: "workflows"),
        ])

    init(_ record: Record) throws {
        command = try record["command"]
        input = try record["input"]
        key = try record["key"]
        askedBy = try record["asked_by"]
    }
}
