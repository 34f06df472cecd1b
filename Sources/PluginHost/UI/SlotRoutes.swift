@_spi(Kernel) package import PluginKit
package import Tenancy

/// What the modules of a tenant add to the pages of a person.
package struct SlotRoutes: Sendable {
    private let registry: PluginRegistry
    private let control: ControlPlane

    package init(_ registry: PluginRegistry, control: ControlPlane) {
        self.registry = registry
        self.control = control
    }

    /// The paths that no plugin may serve.
    package static let mounts = ["/ui"]

    /// All of them.
    package var all: [Route] {
        [
            .callList("/ui/slots", .session, of: SlotPayload.self, "What modules add to the pages of this person") {
                call in Page(try slots(for: call))
            }
        ]
    }

    private func slots(for call: Call) throws -> [Resource<SlotPayload>] {
        try registry.plugins.flatMap { plugin -> [Resource<SlotPayload>] in
            guard let manifest = plugin.manifest, plugin.plugin != nil, isServed(manifest, to: call.tenant) else {
                return []
            }
            return try manifest.ui.slots.filter { $0.permission.map { call.permissions[$0] != nil } ?? true }.map {
                try Resource([
                    "module": .string(plugin.id), "slot": .string($0.slot), "title": .string($0.title),
                    "frame": .string("/frames/\(plugin.id)/\($0.slot)"),
                ])
            }
        }
    }

    private func isServed(_ manifest: Manifest, to tenant: TenantID) -> Bool {
        control.read {
            $0.standing(of: manifest.id.description, isAlwaysOn: manifest.isAlwaysOn, for: tenant) == .serving
        }
    }
}

/// A place in a page that a module fills.
enum SlotPayload: Payload {
    static let schema = Schema(
        "Slot",
        [
            Field("module", .text(2...31), example: "sample"),
            Field("slot", .text(1...80), example: "conversation.sidebar"),
            Field("title", .text(1...80), example: "Notes"),
            Field(
                "frame", .text(1...200), example: "/frames/sample/conversation.sidebar",
                summary: "The address of a page to be put into a frame; it reaches nothing by itself."),
        ])
}
