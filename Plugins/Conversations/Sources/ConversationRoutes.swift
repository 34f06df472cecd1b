internal import Foundation
internal import PluginKit

/// Conversations: list, open, read, change.
enum ConversationRoutes {
    static let all: [Route] = [
        List(
            "/conversations", needs: "conversations.read",
            query: [
                Field("status", .oneOf(ConversationWords.statuses), example: "open"),
                Field("assignee_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002"),
                Field("customer_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000010"),
            ], of: Conversation.self, "The inbox, latest message first", list),
        Post(
            "/conversations", needs: "conversations.write", takes: NewConversation.self, returns: Conversation.self,
            "Open a conversation", open
        ).answering(404),
        Bulk(
            "/conversations/bulk", needs: "conversations.write", takes: BulkConversationChange.self,
            returns: ConversationDetail.self, "Change up to a hundred conversations, each for itself"
        ) { call, input in
            try await change(input.id, input.record, call)
        },
        Get(
            "/conversations/{id}", needs: "conversations.read", returns: ConversationDetail.self, "One conversation",
            get),
        Patch(
            "/conversations/{id}", needs: "conversations.write", takes: ConversationChange.self,
            returns: ConversationDetail.self, ifMatch: true, "Change status, priority, assignee, subject or tags",
            change),
    ]

    @Sendable
    private static func list(_ call: Call) async throws -> Page<Conversation> {
        let status: String? = try call.query["status"]
        let assignee: UUID? = try call.query["assignee_id"]
        let customer: UUID? = try call.query["customer_id"]
        let byStatus: SQL = status.map { "AND status = \($0)" } ?? ""
        let byAssignee: SQL = assignee.map { "AND assignee_id = \($0)" } ?? ""
        let byCustomer: SQL = customer.map { "AND customer_id = \($0)" } ?? ""
        let lastMessageAt = call.page.after(0, or: Timestamp.distantFuture)
        let id = call.page.after(1, or: ConversationID(.last))
        return try await call.tx.page(
            call.page, key: ["last_message_at", "id"],
            """
            SELECT \(Conversation.columns)
            FROM conversations.conversations
            WHERE tenant_id = \(call.tenant)
              AND (last_message_at, id) < (\(lastMessageAt), \(id))
              \(byStatus) \(byAssignee) \(byCustomer) \(Visibility.ofConversations(call))
            ORDER BY last_message_at DESC, id DESC
            LIMIT \(call.page.fetchCount)
            """)
    }

    @Sendable
    private static func open(_ call: Call, _ input: NewConversation) async throws -> Resource<Conversation> {
        try await call.tx.one(
            """
            WITH customer AS (
                \(customer(call, input))
            ), conversation AS (
                INSERT INTO conversations.conversations (tenant_id, id, customer_id, subject, channel, message_count)
                SELECT \(call.tenant), \(ConversationID.make()), customer.id, \(input.subject), \(input.channel),
                       \(input.content == nil ? 0 : 1)::int8
                FROM customer
                RETURNING \(Conversation.columns)
            ), \(FirstMessage.told(input.content, call))
            SELECT \(Conversation.columns)
            FROM conversation
            WHERE \(FirstMessage.isTold)
            """)
    }

    /// The customer of a new conversation: the one named, or the one with this address, created if need be.
    private static func customer(_ call: Call, _ input: NewConversation) -> SQL {
        if let id = input.customerID {
            return """
                SELECT id
                FROM conversations.customer_profiles
                WHERE tenant_id = \(call.tenant) AND id = \(id)
                """
        }
        return """
            INSERT INTO conversations.customer_profiles (tenant_id, id, email, name, last_interaction_at)
            VALUES (\(call.tenant), \(CustomerID.make()), \(input.customerEmail), \(input.customerName), now())
            ON CONFLICT (tenant_id, email) WHERE email IS NOT NULL
            DO UPDATE SET last_interaction_at = now()
            RETURNING id
            """
    }

    @Sendable
    private static func get(_ call: Call) async throws -> Resource<ConversationDetail> {
        let id = try call.path("id", as: ConversationID.self)
        return try await call.tx.one("\(detail(of: id, call.tenant)) \(Visibility.ofConversations(call))")
    }

    /// A conversation, whoever may see it; conditions may follow.
    private static func detail(of id: ConversationID, _ tenant: TenantID) -> SQL {
        """
        SELECT \(Conversation.columns),
               ARRAY(
                   SELECT tag
                   FROM conversations.conversation_tags
                   WHERE tenant_id = \(tenant) AND conversation_id = \(id)
                   ORDER BY tag
               ) AS tags
        FROM conversations.conversations
        WHERE tenant_id = \(tenant) AND id = \(id)
        """
    }

    @Sendable
    private static func change(_ call: Call, _ input: ConversationChange) async throws -> Resource<ConversationDetail> {
        try await change(try call.path("id", as: ConversationID.self), input.record, call)
    }

    /// Changes what `new` names of one conversation that the caller sees.
    private static func change(
        _ id: ConversationID, _ new: Record, _ call: Call
    ) async throws -> Resource<ConversationDetail> {
        let status: String? = try new["status"]
        var statements: [SQL] = [
            """
            WITH before AS (
                SELECT id AS old_id, subject AS old_subject, status AS old_status, priority AS old_priority,
                       assignee_id AS old_assignee_id
                FROM conversations.conversations
                WHERE tenant_id = \(call.tenant) AND id = \(id)
                FOR NO KEY UPDATE
            ), after AS (
                UPDATE conversations.conversations
                SET subject = CASE WHEN \(new.has("subject")) THEN \(try new["subject"] as String?) ELSE subject END,
                    status = COALESCE(\(status), status),
                    priority = COALESCE(\(try new["priority"] as String?), priority),
                    assignee_id = CASE WHEN \(new.has("assignee_id")) THEN \(try new["assignee_id"] as UUID?) ELSE assignee_id END,
                    resolved_at = CASE
                        WHEN \(status)::text IN ('resolved', 'closed') THEN COALESCE(resolved_at, now())
                        WHEN \(status)::text IN ('open', 'pending') THEN NULL
                        ELSE resolved_at
                    END
                FROM before
                WHERE tenant_id = \(call.tenant) AND id = old_id
                  AND (\(call.expectedVersions) IS NULL OR updated_at = ANY(\(call.expectedVersions)))
                  \(Visibility.ofConversations(call))
                RETURNING id, customer_id, channel, subject, status, priority, assignee_id,
                          old_subject, old_status, old_priority, old_assignee_id
            )
            SELECT \(call.emitting(ConversationEvents.updated("after"))) AS event_id
            FROM after
            """
        ]
        // The tags follow only where the conversation was changed, which sets its time to the transaction's.
        if let tags: [String] = try new["tags"] { statements += replacement(of: tags, for: id, call.tenant) }
        // Whoever saw it and handed it on is told what became of it, though they no longer see it.
        let results = try await call.tx.batch(statements + [detail(of: id, call.tenant)])
        guard results[0].affected == 1, let last = results.last else { throw call.notChanged }
        return try Resource(last)
    }

    private static func replacement(of tags: [String], for id: ConversationID, _ tenant: TenantID) -> [SQL] {
        [
            """
            DELETE FROM conversations.conversation_tags AS t
            USING conversations.conversations AS c
            WHERE c.tenant_id = \(tenant) AND c.id = \(id) AND c.updated_at = now()
              AND t.tenant_id = \(tenant) AND t.conversation_id = \(id) AND NOT t.tag = ANY(\(tags))
            """,
            """
            INSERT INTO conversations.conversation_tags (tenant_id, conversation_id, tag)
            SELECT c.tenant_id, c.id, given.tag
            FROM conversations.conversations c
            CROSS JOIN unnest(\(tags)) AS given (tag)
            WHERE c.tenant_id = \(tenant) AND c.id = \(id) AND c.updated_at = now()
            ON CONFLICT (tenant_id, conversation_id, tag) DO NOTHING
            """,
        ]
    }
}
