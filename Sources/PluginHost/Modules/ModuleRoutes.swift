@_spi(Kernel) package import PluginKit
internal import Tenancy

/// The kernel's routes for modules: an admin's switches and an operator's view of plugins.
package struct ModuleRoutes: Sendable {
    private let switches: ModuleSwitches
    private let registry: PluginRegistry

    package init(switches: ModuleSwitches, registry: PluginRegistry) {
        self.switches = switches
        self.registry = registry
    }

    /// The paths that no plugin may serve.
    package static let mounts = ["/modules", "/operator"]

    /// All of them.
    package var all: [Route] {
        [
            .callList("/modules", .permission("modules.read"), of: ModulePayload.self, "The modules of this tenant") {
                call in
                Page(try await switches.list(of: call.tenant))
            },
            .callChange(
                "/modules/{id}", .permission("modules.write"), takes: ModuleChange.self, returns: ModulePayload.self,
                "Switch a module on or off, or change its settings"
            ) { call, input in
                try await switches.change(
                    try call.request.path("id"), of: call.tenant, enabled: input.enabled, settings: input.settings)
            }.with(parameters: [Field("id", .text(2...31), required: true, example: "knowledge")]),
            .list("/operator/plugins", .operator, of: PluginPayload.self, "All plugins and why some are paused") { _ in
                Page(try registry.plugins.map { try ModuleRoutes.resource($0) })
            },
        ]
    }

    private static func resource(_ plugin: HostedPlugin) throws -> Resource<PluginPayload> {
        var reason: JSONValue = .null
        if case .paused(let refusal) = plugin.state { reason = .string(refusal.description) }
        return try Resource([
            "id": .string(plugin.manifest?.id.description ?? plugin.name),
            "title": plugin.manifest.map { .string($0.title) } ?? .null,
            "version": plugin.manifest.map { .string($0.version) } ?? .null,
            "state": .string(plugin.plugin == nil ? "paused" : "active"), "reason": reason,
        ])
    }
}
