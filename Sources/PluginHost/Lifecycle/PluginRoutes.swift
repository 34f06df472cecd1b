@_spi(Kernel) package import PluginKit
package import Tenancy

/// The operator's view of plugins, and their switch for everybody.
package struct PluginRoutes: Sendable {
    private let registry: PluginRegistry
    private let pauses: PluginPauses
    private let control: ControlPlane
    private let tenants: PluginTenants
    private let sight: PluginSight

    package init(
        _ registry: PluginRegistry, pauses: PluginPauses, control: ControlPlane, tenants: PluginTenants,
        sight: PluginSight
    ) {
        self.tenants = tenants
        self.sight = sight
        self.registry = registry
        self.pauses = pauses
        self.control = control
    }

    /// The paths that no plugin may serve.
    package static let mounts = ["/operator"]

    private static let id = Field("id", .text(2...100), required: true, example: "knowledge")

    /// All of them.
    package var all: [Route] { looking + switching }

    private var looking: [Route] {
        [
            .list("/operator/plugins", .operator, of: PluginPayload.self, "All plugins and why some are paused") { _ in
                let crashes = try await pauses.crashes()
                return Page(
                    try registry.plugins.map { plugin in
                        let pause = control.read { $0.pausedPlugins[plugin.id] }
                        return try PluginPayload.resource(plugin, pause: pause, crashes: crashes[plugin.id] ?? 0)
                    })
            },
            .request(
                "GET", "/operator/plugins/{id}", .operator, returns: PluginPayload.self,
                "A plugin, how it does and what went wrong"
            ) { request in
                try await found(request)
            }.with(parameters: [PluginRoutes.id]),
            .list(
                "/operator/plugins/{id}/tenants", .operator, of: PluginTenantPayload.self,
                "The tenants, newest first, and how a plugin is set and does for each"
            ) { request in
                let plugin = try plugin(request)
                guard let manifest = plugin.manifest else { throw Problem.notFound }
                return try await tenants.page(of: manifest, plugin.wall, request.page)
            }.with(parameters: [PluginRoutes.id]),
            .list(
                "/operator/plugins/{id}/errors", .operator, of: PluginErrorPayload.self,
                "What went wrong in a plugin, newest first: the last twenty for each tenant, for thirty days"
            ) { request in
                try await sight.errors(of: try plugin(request).id, request.page)
            }.with(parameters: [PluginRoutes.id]),
            .list(
                "/operator/tenants/{id}/plugin-errors", .operator, of: PluginErrorPayload.self,
                "What went wrong in plugins for a tenant, newest first"
            ) { request in
                let tenant = try request.path("id", as: TenantID.self)
                guard control.read({ $0.isKnown(tenant) }) else { throw Problem.notFound }
                return try await sight.errors(for: tenant, request.page)
            },
        ]
    }

    private var switching: [Route] {
        [
            .request(
                "POST", "/operator/plugins/{id}/pause", .operator, takes: PluginPauseRequest.self,
                returns: PluginPayload.self, "Take a plugin out of service for all tenants on every process"
            ) { request, input in
                let plugin = try installed(request)
                try await pauses.pause(plugin.id, reason: input.reason, operatorID: request.operatorID)
                return try await found(request)
            }.with(parameters: [PluginRoutes.id]),
            .request(
                "POST", "/operator/plugins/{id}/resume", .operator, returns: PluginPayload.self,
                "Put a plugin back into service and forgive its crashes"
            ) { request in
                try await pauses.resume(try installed(request).id)
                return try await found(request)
            }.with(parameters: [PluginRoutes.id]),
        ]
    }

    private func found(_ request: Request) async throws -> Resource<PluginPayload> {
        let plugin = try plugin(request)
        return try await resource(plugin, health: await health(of: plugin))
    }

    /// A plugin with all that is known of it; what a shell without walls can say too.
    package func resource(of plugin: HostedPlugin) async throws -> JSONValue {
        try await resource(plugin, health: nil).value
    }

    private func resource(_ plugin: HostedPlugin, health: String?) async throws -> Resource<PluginPayload> {
        let (pause, crashes) = (control.read { $0.pausedPlugins[plugin.id] }, try await pauses.crashes())
        var detail: PluginSight.Detail?
        if let manifest = plugin.manifest { detail = try await sight.detail(of: manifest) }
        return try PluginPayload.resource(
            plugin, pause: pause, crashes: crashes[plugin.id] ?? 0, health: health, detail: detail)
    }

    /// What a plugin's own check says, asked behind its wall; nil when it has none or serves nobody.
    private func health(of plugin: HostedPlugin) async -> String? {
        guard let check = plugin.plugin?.health, control.read({ $0.pausedPlugins[plugin.id] }) == nil else {
            return nil
        }
        do {
            try await plugin.wall.run(for: nil) { try await check.check() }
            return "ok"
        } catch {
            // What an error says stays in the log; a problem is meant to be read.
            return String(((error as? Problem)?.detail ?? "\(type(of: error))").prefix(500))
        }
    }

    /// The same, if it is not out for good: then there is nothing to pause.
    private func installed(_ request: Request) throws -> HostedPlugin {
        let plugin = try plugin(request)
        guard !plugin.isUninstalled else { throw Problem.notFound }
        return plugin
    }

    private func plugin(_ request: Request) throws -> HostedPlugin {
        let id = try request.path("id")
        guard let plugin = registry.plugins.first(where: { $0.id == id && $0.manifest != nil }) else {
            throw Problem.notFound
        }
        return plugin
    }

}
