internal import Foundation
internal import PluginKit

/// Who may see an event.
struct EventAudience: Hashable, Sendable {
    /// The permission it takes; nobody sees an event that names none.
    let permission: String?
    /// Whom it is assigned to, for those whose permission reaches no further.
    let assignee: UUID?
    /// Whether the customer it concerns may see it.
    let isForCustomer: Bool

    init(permission: String?, assignee: UUID? = nil, isForCustomer: Bool = false) {
        self.permission = permission
        self.assignee = assignee
        self.isForCustomer = isForCustomer
    }

    /// What `core.events.audience` says. It is a module's own text: what is not as it must be lets nobody in.
    init(_ json: JSONValue) {
        permission = json["permission"]?.string
        assignee = json["assignee"]?.string.flatMap { UUID(canonical: $0) }
        isForCustomer = json["customer"]?.bool ?? false
    }
}
