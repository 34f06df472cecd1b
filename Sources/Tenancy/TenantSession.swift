package import Foundation
package import PluginKit

/// A verified right to one tenant's data as one actor. Only this opens a `TenantTx`.
package struct TenantSession: Hashable, Sendable {
    package let tenant: TenantID
    package let actor: Actor
    /// The operator who acts in the actor's place, when one does.
    package let impersonator: UUID?

    /// For whoever has verified a token, a key or a job: the kernel's authentication and nothing else.
    package init(verified tenant: TenantID, actor: Actor, impersonator: UUID? = nil) {
        self.impersonator = impersonator
        self.tenant = tenant
        self.actor = actor
    }
}
