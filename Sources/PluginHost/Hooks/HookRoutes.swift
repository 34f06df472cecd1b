@_spi(Kernel) package import PluginKit
internal import Tenancy

/// The kernel's routes for hooks: an admin's addresses, and the door that they lead to.
package struct HookRoutes: Sendable {
    /// The paths that no plugin may serve.
    package static let mounts = ["/hooks"]

    private let registry: PluginRegistry
    private let addresses: HookAddresses

    package init(_ registry: PluginRegistry, addresses: HookAddresses) {
        self.registry = registry
        self.addresses = addresses
    }

    /// Where others' calls come in; below no `/v1`.
    package static let door = Route.hooks(
        "/hooks/{token}", problems: [403, 404, 408, 413, 415, 429],
        "Where webhooks of others come in: the body is what the hook takes, the answer what its module says"
    ).with(parameters: [
        Field(
            "token", .text(1...128), required: true, example: .string("rmh_" + String(repeating: "A", count: 32)),
            summary: "As POST /v1/hooks answers it.")
    ])

    /// Those for admins.
    package var all: [Route] { [kinds, list, create, rotate, remove] }

    private var kinds: Route {
        .callList(
            "/hooks/kinds", .permission("hooks.read"), of: HookKindPayload.self, "The hooks that modules have"
        ) { _ in
            Page(
                try registry.plugins.flatMap { plugin in
                    try (plugin.plugin?.hooks ?? []).compactMap { hook in
                        try plugin.manifest.map { try HookRoutes.resource(hook, $0) }
                    }
                })
        }
    }

    private var list: Route {
        List("/hooks", needs: "hooks.read", of: HookPayload.self, "The addresses of hooks, newest first") { call in
            try await addresses.list(of: call.tenant, call.page)
        }
    }

    private var create: Route {
        Post(
            "/hooks", needs: "hooks.write", takes: NewHook.self, returns: NewHookPayload.self,
            "Make an address for a hook; whoever has it may call"
        ) { call, input in
            guard let manifest = registry.activeManifests.first(where: { $0.hooks.contains { $0.id == input.hook } }),
                let hook = manifest.hooks.first(where: { $0.id == input.hook })
            else {
                throw Problem(status: 422, code: "reference_missing", detail: "There is no such hook.")
            }
            try HookRoutes.requireCover(of: hook.permissions, by: call)
            return try await addresses.create(
                input, of: manifest.id.description, permissions: hook.permissions, by: call)
        }
    }

    private var rotate: Route {
        .call(
            "POST", "/hooks/{id}/rotate", .permission("hooks.write"), returns: NewHookPayload.self,
            "Give an address another token; the one before ends at once"
        ) { call in
            let id = try call.path("id", as: ID<HookAddress>.self)
            // An address keeps its permissions for life, so what is asked here holds below.
            try HookRoutes.requireCover(of: try await addresses.permissions(of: id, of: call.tenant), by: call)
            return try await addresses.rotate(id, by: call)
        }
    }

    private var remove: Route {
        Delete("/hooks/{id}", needs: "hooks.write", "Take an address away; it ends at once") { call in
            try await addresses.remove(try call.path("id", as: ID<HookAddress>.self), by: call)
        }
    }

    /// Whoever gets a token may do all that its address may.
    ///
    /// - Throws: `Problem` 403 `role_forbidden`.
    private static func requireCover(of permissions: [String], by call: Call) throws(Problem) {
        guard permissions.allSatisfy({ call.permissions[$0] == .all }) else {
            throw Problem(
                status: 403, code: "role_forbidden", detail: "You cannot hand on what you may not do yourself.")
        }
    }

    private static func resource(_ hook: Hook, _ manifest: Manifest) throws -> Resource<HookKindPayload> {
        let declared = manifest.hooks.first { $0.id == hook.name }
        return try Resource([
            "hook": .string(hook.name), "module": .string(manifest.id.description),
            "title": .string(declared?.title ?? hook.summary),
            "media_types": .array(hook.input.mediaTypes.map { .string($0) }),
            "maximum_size": .integer(Int64(hook.input.maximumSize)),
            "permissions": .array((declared?.permissions ?? []).map { .string($0) }),
        ])
    }
}
