internal import PluginKit

/// A plugin with a slot whose script tries what a frame must not do.
let plugin = Plugin {
    Get("/panel/state", needs: "panel.read", returns: PanelState.self, "Whether it is there") { _ in
        try Resource(["is_there": true])
    }
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }

enum PanelState: Payload {
    static let schema = Schema("PanelState", [Field("is_there", .boolean, example: true)])
}
