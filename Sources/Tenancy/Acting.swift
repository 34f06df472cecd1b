package import Foundation
package import PluginKit
internal import Postgres

/// Who acts in a request of the kernel's own, for the events that its changes cause.
package struct Acting: Sendable {
    /// Who acts in this task; nil outside of requests, where the platform itself acts.
    @TaskLocal package static var current: Acting?

    private let kind: Character
    private let id: UUID
    private let requestID: String

    /// A member, key or customer.
    package init(_ actor: Actor, requestID: String) {
        self.init(kind: actor.kind.rawValue, id: actor.id.uuid, requestID: requestID)
    }

    /// An operator, or somebody who has not said who they are.
    package init(operator id: UUID?, requestID: String) {
        self.init(
            kind: id == nil ? Actor.Kind.visitor.rawValue : "o",
            id: id ?? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), requestID: requestID)
    }

    private init(kind: Character, id: UUID, requestID: String) {
        self.kind = kind
        self.id = id
        self.requestID = requestID
    }

    /// Says it to the transaction it begins, where `core.acting()` reads it.
    var statement: SQL {
        "SELECT set_config('romashka.acting', \("\(kind)|\(id)|\(requestID)"), true)"
    }
}
