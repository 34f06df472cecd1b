@_spi(Kernel) internal import PluginKit

/// The roles a tenant makes, and the permissions there are.
struct RoleRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        let roles = identity.roles
        return [
            List("/roles", needs: "roles.read", of: RolePayload.self, "The roles this tenant made") { call in
                try await roles.list(of: call.tenant, call.page)
            },
            Post(
                "/roles", needs: "roles.write", takes: NewRole.self, returns: RolePayload.self,
                "Make a role of named permissions"
            ) { call, input in
                try await roles.create(input, by: call)
            },
            Patch(
                "/roles/{id}", needs: "roles.write", takes: RoleChange.self, returns: RolePayload.self,
                "Change a role; it holds within a second"
            ) { call, input in
                try await roles.change(try call.path("id", as: ID<CustomRole>.self), input, by: call)
            },
            Delete("/roles/{id}", needs: "roles.write", "Remove a role that nobody has") { call in
                try await roles.remove(try call.path("id", as: ID<CustomRole>.self), by: call)
            },
            .callList("/permissions", .permission("roles.read"), of: PermissionPayload.self, "All permissions") { _ in
                Page(try identity.permissions.known.map { try Resource(["id": .string($0)]) })
            },
        ]
    }
}

/// A permission that a role can name.
private enum PermissionPayload: Payload {
    static let schema = Schema("Permission", [Field("id", .text(1...80), example: "members.read")])
}
