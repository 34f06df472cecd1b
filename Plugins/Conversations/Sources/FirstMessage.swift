internal import PluginKit

/// What a statement that opens a conversation goes on with: the customer's first message, and the events of both.
enum FirstMessage {
    /// Expressions of a WITH that has `conversation` already.
    ///
    /// - Parameter content: nil for a conversation that begins without a message.
    static func told(_ content: String?, _ call: Call) -> SQL {
        """
        message AS (
            INSERT INTO conversations.messages
                (tenant_id, id, conversation_id, customer_id, direction, content, sender_kind, sender_id)
            SELECT \(call.tenant), \(MessageID.make()), conversation.id, conversation.customer_id, 'inbound',
                   \(content), 'customer', conversation.customer_id
            FROM conversation
            WHERE \(content != nil)
            RETURNING id, conversation_id, direction, type, sender_kind, content
        ), opened AS MATERIALIZED (
            SELECT \(call.emitting(ConversationEvents.created("conversation"))) AS event_id
            FROM conversation
        ), written AS MATERIALIZED (
            SELECT \(call.emitting(ConversationEvents.messageCreated("message", in: "conversation"))) AS event_id
            FROM message
            JOIN conversation ON conversation.id = message.conversation_id
            WHERE (SELECT count(event_id) FROM opened) > 0
        )
        """
    }

    /// Whether the events are told: what nothing refers to is not run.
    static let isTold: SQL = "(SELECT count(event_id) FROM opened) + (SELECT count(event_id) FROM written) > 0"
}
