internal import Foundation
package import Identity
internal import PluginKit
package import Tenancy

/// Who looks at events: what is known of a caller when their stream begins.
package struct EventViewer: Sendable {
    let actor: Actor
    let grant: Grant
    /// Everybody in the viewer's teams, and the viewer; empty when no permission reaches over teams.
    let teammates: Set<UUID>
}

/// Decides which events somebody sees, from what the event says and what the viewer may do, without asking anybody.
package struct EventPolicy: Sendable {
    private let permissions: Permissions
    private let control: ControlPlane
    /// All modules, and whether no tenant can switch them off.
    private let modules: [String: Bool]

    /// - Parameter modules: all there are, and whether no tenant can switch them off.
    package init(_ permissions: Permissions, control: ControlPlane, modules: [String: Bool]) {
        self.permissions = permissions
        self.control = control
        self.modules = modules
    }

    /// Whether a viewer may see an event.
    func allows(_ event: StreamedEvent, to viewer: EventViewer) -> Bool {
        let audience = event.audience
        if viewer.actor.kind == .customer {
            return audience.isForCustomer && event.customer == viewer.actor.id.uuid
        }
        guard let permission = audience.permission,
            let scope = permissions.scope(of: permission, for: viewer.grant)
        else { return false }
        switch scope {
        case .all: return true
        case .team: return audience.assignee.map(viewer.teammates.contains) ?? false
        case .assigned: return audience.assignee == viewer.actor.id.uuid
        }
    }

    /// Whether some permission of a grant reaches over teams.
    func asksForTeams(_ grant: Grant) -> Bool { permissions.all(of: grant).values.contains(.team) }

    /// Those of the modules that serve a tenant now.
    func serving(_ names: Set<String>, _ tenant: TenantID) -> Set<String> {
        control.read { state in
            names.filter { state.standing(of: $0, isAlwaysOn: modules[$0] ?? false, for: tenant) == .serving }
        }
    }

    /// The modules that do not serve a tenant now.
    func resting(_ tenant: TenantID) -> [String] {
        let all = Set(modules.keys)
        return all.subtracting(serving(all, tenant)).sorted()
    }
}
