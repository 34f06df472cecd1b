@_spi(Kernel) package import PluginKit

/// The kernel's routes for logins, people, keys and tenants.
package struct IdentityRoutes: Sendable {
    private let identity: Identity

    package init(_ identity: Identity) {
        self.identity = identity
    }

    /// The paths that no plugin may serve.
    package static let mounts = [
        "/auth", "/me", "/members", "/roles", "/teams", "/invitations", "/api-keys", "/permissions", "/impersonations",
        "/operator", "/tenant", "/system", "/customer-keys",
    ]

    /// All of them.
    package var all: [Route] {
        LoginRoutes(identity: identity).all + OwnAccountRoutes(identity: identity).all
            + OperatorRoutes(identity: identity).all + MemberRoutes(identity: identity).all
            + RoleRoutes(identity: identity).all + TeamRoutes(identity: identity).all
            + InvitationRoutes(identity: identity).all + APIKeyRoutes(identity: identity).all
            + SettingsRoutes(identity: identity).all + CustomerKeyRoutes(identity: identity).all
            + OIDCRoutes(
                connections: identity.connections, signIn: identity.signIn, authority: identity.members.authority
            ).all
    }
}
