internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// Presence and typing: seen by the streams of a tenant on every process, kept for a minute, numbered never.
struct Whispers: Sendable {
    /// The permission to see who does what in a conversation. Whoever has it for some conversations only sees none of
    /// it, because nobody knows here whose a conversation is.
    static let conversations = "conversations.read"
    /// The permission to see who is there.
    private static let people = "members.read"

    let pipeline: PipelineConnection

    func send(_ input: PresenceInput, of call: Call) async throws {
        let permission = input.conversation == nil ? Whispers.people : Whispers.conversations
        guard call.permissions[permission] != nil else {
            throw Problem(status: 403, code: "forbidden", detail: "This needs the permission \(permission).")
        }
        try await send("presence", ["state": .string(input.state)], input.conversation, permission, of: call)
    }

    func send(_ input: TypingInput, of call: Call) async throws {
        try await send("typing", [:], input.conversation, Whispers.conversations, of: call)
    }

    private func send(
        _ type: String, _ data: JSONValue, _ conversation: UUID?, _ permission: String, of call: Call
    ) async throws {
        _ = try await pipeline.runForCaller([
            """
            INSERT INTO core.ephemeral_events
                (tenant_id, id, type, actor_kind, actor_id, conversation_id, permission, data)
            VALUES (
                \(call.tenant), \(UUID.version7()), \(type), \(String(call.actor.kind.rawValue)), \(call.actor.id),
                \(conversation), \(permission), \(data))
            """
        ])
    }
}
