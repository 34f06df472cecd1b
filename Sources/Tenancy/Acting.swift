package import Foundation
internal import Observability
package import PluginKit
internal import Postgres

/// Who acts in a request of the kernel's own, for the events that its changes cause.
package struct Acting: Sendable {
    /// Who acts in this task; nil outside of requests, where the platform itself acts.
    @TaskLocal package static var current: Acting?

    private let kind: Character
    private let id: UUID
    private let requestID: String
    private let impersonator: UUID?

    /// A member, key or customer, and the operator in their place, when there is one.
    package init(_ actor: Actor, impersonator: UUID? = nil, requestID: String) {
        self.init(kind: actor.kind.rawValue, id: actor.id.uuid, requestID: requestID, impersonator: impersonator)
    }

    /// Whoever a module's session is of: what the kernel does for the module, it does on their behalf. A job's session
    /// names the job, so that what follows is told to follow from it.
    package init(_ session: TenantSession, requestID: String) {
        self.init(session.actor, impersonator: session.impersonator, requestID: requestID)
    }

    /// An operator, or somebody who has not said who they are.
    package init(operator id: UUID?, requestID: String) {
        self.init(
            kind: id == nil ? Actor.Kind.visitor.rawValue : "o",
            id: id ?? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), requestID: requestID)
    }

    private init(kind: Character, id: UUID, requestID: String, impersonator: UUID? = nil) {
        self.impersonator = impersonator
        self.kind = kind
        self.id = id
        self.requestID = requestID
    }

    /// Says it to the transaction it begins, where `core.acting()` reads it, and the request's place in its trace with it.
    var statement: SQL {
        let trace = RequestScope.current?.handedOn ?? ""
        let acting = "\(kind)|\(id)|\(requestID)|\(impersonator?.lowercased ?? "")|\(trace)"
        return "SELECT set_config('romashka.acting', \(acting), true)"
    }
}
