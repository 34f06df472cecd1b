internal import Foundation
internal import PluginKit

/// The messages of a conversation: list and add.
enum MessageRoutes {
    static let all: [Route] = [
        List(
            "/conversations/{id}/messages", needs: "conversations.read", of: Message.self,
            "The messages of a conversation, oldest first", list),
        Post(
            "/conversations/{id}/messages", needs: "conversations.write", takes: NewMessage.self, returns: Message.self,
            "Add a message", add),
    ]

    @Sendable
    private static func list(_ call: Call) async throws -> Page<Message> {
        let conversation = try call.path("id", as: ConversationID.self)
        let results = try await call.tx.batch([
            """
            SELECT id
            FROM conversations.conversations
            WHERE tenant_id = \(call.tenant) AND id = \(conversation) \(Visibility.ofConversations(call))
            """,
            """
            SELECT \(Message.columns)
            FROM conversations.messages
            WHERE tenant_id = \(call.tenant) AND conversation_id = \(conversation)
              AND id > \(call.page.after(0, or: MessageID(.first)))
            ORDER BY id
            LIMIT \(call.page.fetchCount)
            """,
        ])
        guard !results[0].isEmpty else { throw Problem.notFound }
        return try Page(results[1], limit: call.page.limit, key: ["id"])
    }

    @Sendable
    private static func add(_ call: Call, _ input: NewMessage) async throws -> Resource<Message> {
        let isInbound = input.direction == "inbound"
        let sender: UUID? = isInbound ? nil : call.actor.id.uuid
        let event = ConversationEvents.messageCreated(
            "message", in: "conversation", isInternal: input.type != "text")
        return try await call.tx.one(
            """
            WITH conversation AS (
                UPDATE conversations.conversations
                SET message_count = message_count + 1, last_message_at = now()
                WHERE tenant_id = \(call.tenant) AND id = \(call.path("id", as: ConversationID.self))
                  \(Visibility.ofConversations(call))
                RETURNING id, customer_id, assignee_id
            ), message AS (
                INSERT INTO conversations.messages
                    (tenant_id, id, conversation_id, customer_id, direction, type, content, sender_kind, sender_id)
                SELECT \(call.tenant), \(MessageID.make()), conversation.id, conversation.customer_id, \(input.direction),
                       \(input.type), \(input.content), \(isInbound ? "customer" : call.actor.kind.sender),
                       COALESCE(\(sender), conversation.customer_id)
                FROM conversation
                RETURNING \(Message.columns)
            )
            SELECT \(Message.columns(of: "message"))
            FROM message
            JOIN conversation ON conversation.id = message.conversation_id
            WHERE \(call.emitting(event)) IS NOT NULL
            """)
    }
}
