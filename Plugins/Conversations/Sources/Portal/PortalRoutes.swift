internal import PluginKit

/// What a customer does with their own conversations. Each statement says whose rows it is about; the policies of the
/// customer's session say it again.
enum PortalRoutes {
    static let all: [Route] = [
        List(
            "/customer/conversations", for: .customer, of: OwnConversation.self, "My conversations, newest first", list),
        Post(
            "/customer/conversations", for: .customer, takes: NewOwnConversation.self, returns: OwnConversation.self,
            "Begin a conversation", open
        ).answering(404),
        Get(
            "/customer/conversations/{id}", for: .customer, returns: OwnConversation.self, "One of my conversations",
            get),
        List(
            "/customer/conversations/{id}/messages", for: .customer, of: OwnMessage.self,
            "The messages of my conversation, oldest first", messages),
        Post(
            "/customer/conversations/{id}/messages", for: .customer, takes: NewOwnMessage.self,
            returns: OwnMessage.self, "Write a message", write),
    ]

    @Sendable
    private static func list(_ call: Call) async throws -> Page<OwnConversation> {
        try await call.tx.page(
            call.page, key: ["id"],
            """
            SELECT \(OwnConversation.columns)
            FROM conversations.conversations
            WHERE tenant_id = \(call.tenant) AND customer_id = \(call.actor.id)
              AND id < \(call.page.after(0, or: ConversationID(.last)))
              AND \(isWelcome(call))
            ORDER BY id DESC
            LIMIT \(call.page.fetchCount)
            """)
    }

    @Sendable
    private static func get(_ call: Call) async throws -> Resource<OwnConversation> {
        try await call.tx.one(
            """
            SELECT \(OwnConversation.columns)
            FROM conversations.conversations
            WHERE \(isOwn(try call.path("id", as: ConversationID.self), call))
            """)
    }

    @Sendable
    private static func open(_ call: Call, _ input: NewOwnConversation) async throws -> Resource<OwnConversation> {
        try await call.tx.one(
            """
            WITH conversation AS (
                INSERT INTO conversations.conversations
                    (tenant_id, id, customer_id, subject, channel, message_count, is_authenticated)
                SELECT \(call.tenant), \(ConversationID.make()), \(call.actor.id), \(input.subject), 'web', 1, true
                WHERE \(isWelcome(call))
                RETURNING \(Conversation.columns)
            ), \(FirstMessage.told(input.content, call))
            SELECT \(OwnConversation.columns)
            FROM conversation
            WHERE \(FirstMessage.isTold)
            """)
    }

    @Sendable
    private static func messages(_ call: Call) async throws -> Page<OwnMessage> {
        let conversation = try call.path("id", as: ConversationID.self)
        let results = try await call.tx.batch([
            "SELECT id FROM conversations.conversations WHERE \(isOwn(conversation, call))",
            """
            SELECT \(OwnMessage.columns(of: "messages"))
            FROM conversations.messages
            WHERE tenant_id = \(call.tenant) AND conversation_id = \(conversation) AND customer_id = \(call.actor.id)
              AND type IN ('text', 'image', 'file')
              AND id > \(call.page.after(0, or: MessageID(.first)))
            ORDER BY id
            LIMIT \(call.page.fetchCount)
            """,
        ])
        guard !results[0].isEmpty else { throw Problem.notFound }
        return try Page(results[1], limit: call.page.limit, key: ["id"])
    }

    @Sendable
    private static func write(_ call: Call, _ input: NewOwnMessage) async throws -> Resource<OwnMessage> {
        try await call.tx.one(
            """
            WITH conversation AS (
                UPDATE conversations.conversations
                SET message_count = message_count + 1, last_message_at = now()
                WHERE \(isOwn(try call.path("id", as: ConversationID.self), call))
                RETURNING id, customer_id, assignee_id
            ), message AS (
                INSERT INTO conversations.messages
                    (tenant_id, id, conversation_id, customer_id, direction, content, sender_kind, sender_id)
                SELECT \(call.tenant), \(MessageID.make()), conversation.id, conversation.customer_id, 'inbound',
                       \(input.content), 'customer', conversation.customer_id
                FROM conversation
                RETURNING \(Message.columns)
            )
            SELECT \(OwnMessage.columns(of: "message"))
            FROM message
            JOIN conversation ON conversation.id = message.conversation_id
            WHERE \(call.emitting(ConversationEvents.messageCreated("message", in: "conversation"))) IS NOT NULL
            """)
    }

    /// A condition on `conversations.conversations`: this one, and it is the caller's.
    private static func isOwn(_ id: ConversationID, _ call: Call) -> SQL {
        "tenant_id = \(call.tenant) AND id = \(id) AND customer_id = \(call.actor.id) AND \(isWelcome(call))"
    }

    /// A condition: the caller is not blocked. Their tokens end within a second of that; this holds at once.
    private static func isWelcome(_ call: Call) -> SQL {
        """
        EXISTS (
            SELECT
            FROM conversations.customer_profiles AS me
            WHERE me.tenant_id = \(call.tenant) AND me.id = \(call.actor.id) AND me.status = 'active'
        )
        """
    }
}
