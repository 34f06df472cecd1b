internal import PluginKit

/// What the inbox tells others of.
enum ConversationEvents {
    /// A conversation was opened.
    ///
    /// - Parameter row: what the statement calls the conversation.
    static func created(_ row: SQL) -> Event {
        conversation("conversation.created", row, changes: nil)
    }

    /// A conversation changed.
    ///
    /// - Parameter row: has what was before in columns that begin with `old_`.
    static func updated(_ row: SQL) -> Event {
        let changes: SQL = """
            jsonb_strip_nulls(jsonb_build_object(
                'status', \(difference(row, "status")), 'priority', \(difference(row, "priority")),
                'assignee_id', \(difference(row, "assignee_id")), 'subject', \(difference(row, "subject"))))
            """
        return conversation("conversation.updated", row, changes: changes)
    }

    /// A message was added to a conversation.
    ///
    /// - Parameter isInternal: whether the customer must not see it.
    static func messageCreated(_ message: SQL, in conversation: SQL, isInternal: Bool = false) -> Event {
        var audience = Event.Audience("conversations.read")
        audience.isForCustomer = !isInternal
        audience.assignee = "\(conversation).assignee_id"
        return Event(
            "message.created", subject: "\(message).id", conversation: "\(message).conversation_id",
            customer: "\(conversation).customer_id", audience: audience,
            data: """
                jsonb_build_object(
                    'direction', \(message).direction, 'type', \(message).type, 'sender_kind', \(message).sender_kind,
                    'content', left(\(message).content, 10000))
                """)
    }

    /// A customer was added or changed.
    static func customer(_ type: String, _ row: SQL) -> Event {
        Event(
            type, subject: "\(row).id", customer: "\(row).id", audience: .init("conversations.read"),
            data: """
                jsonb_build_object(
                    'name', \(row).name, 'email', \(row).email, 'company', \(row).company, 'status', \(row).status)
                """)
    }

    private static func conversation(_ type: String, _ row: SQL, changes: SQL?) -> Event {
        var audience = Event.Audience("conversations.read")
        audience.assignee = "\(row).assignee_id"
        return Event(
            type, subject: "\(row).id", conversation: "\(row).id", customer: "\(row).customer_id", audience: audience,
            changes: changes,
            data: """
                jsonb_build_object(
                    'subject', \(row).subject, 'status', \(row).status, 'channel', \(row).channel,
                    'priority', \(row).priority)
                """)
    }

    private static func difference(_ row: SQL, _ column: SQL) -> SQL {
        """
        CASE WHEN \(row).old_\(column) IS DISTINCT FROM \(row).\(column)
             THEN jsonb_build_array(\(row).old_\(column), \(row).\(column)) END
        """
    }
}
