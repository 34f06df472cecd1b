import PluginKit

/// Notes: routes and a command.
let plugin = Plugin {
    NoteRoutes.all
    PinNote.command
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }
