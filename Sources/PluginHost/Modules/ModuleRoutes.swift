@_spi(Kernel) package import PluginKit
internal import Tenancy

/// The kernel's routes for modules: an admin's switches.
package struct ModuleRoutes: Sendable {
    private let switches: ModuleSwitches

    package init(switches: ModuleSwitches) {
        self.switches = switches
    }

    /// The paths that no plugin may serve.
    package static let mounts = ["/modules"]

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
        ]
    }
}
