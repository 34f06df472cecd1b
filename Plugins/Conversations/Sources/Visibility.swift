internal import PluginKit

/// Which conversations a permission reaches: all, those assigned to one's teams, or those assigned to oneself. Whoever
/// sees only some conversations sees the customers of those and no others.
enum Visibility {
    /// A condition on `conversations.conversations`, to follow others.
    ///
    /// - Parameter table: the name the statement has for it.
    static func ofConversations(_ call: Call, as table: SQL = "conversations") -> SQL {
        switch call.scope {
        case .all: ""
        case .team: "AND \(table).assignee_id = ANY(\(call.teammates))"
        case .assigned: "AND \(table).assignee_id = \(call.actor.id)"
        }
    }

    /// A condition on `conversations.customer_profiles`, to follow others.
    static func ofCustomers(_ call: Call) -> SQL {
        guard call.scope != .all else { return "" }
        return """
            AND EXISTS (
                SELECT
                FROM conversations.conversations AS seen
                WHERE seen.tenant_id = \(call.tenant) AND seen.customer_id = customer_profiles.id
                  \(ofConversations(call, as: "seen"))
            )
            """
    }
}
