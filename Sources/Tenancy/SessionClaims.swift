package import Foundation
package import PluginKit

/// What a session of the database is told: whose data, who acts, and whether it may write.
package struct SessionClaims: Hashable, Sendable {
    /// Whether the transaction may write; GET and HEAD may not.
    package enum Mode: Character, Sendable {
        case read = "r"
        case write = "w"
    }

    package let tenant: TenantID
    package let actor: Actor
    package let mode: Mode
    /// The operator who acts in the actor's place, when one does; events name them.
    package let impersonator: UUID?

    /// - Parameter mode: a visitor reads, whatever is asked for.
    package init(tenant: TenantID, actor: Actor, mode: Mode, impersonator: UUID? = nil) {
        self.impersonator = impersonator
        self.tenant = tenant
        self.actor = actor
        self.mode = actor.kind == .visitor ? .read : mode
    }

    /// The claims as the database parses them, at fixed offsets:
    /// `tenant (32 hex),kind,actor (32 hex),mode,expiry (10 digits),kid (2 digits),role`, and after the role
    /// `,impersonator (32 hex)` when there is one.
    func text(expiry: Int64, keyID: Int) -> String {
        let digits = String(expiry)
        let key = keyID < 10 ? "0\(keyID)" : "\(keyID)"
        return
            "\(tenant.uuid.hex),\(actor.kind.rawValue),\(actor.id.uuid.hex),\(mode.rawValue),\(digits),\(key),\(actor.role)"
            + (impersonator.map { ",\($0.hex)" } ?? "")
    }
}
