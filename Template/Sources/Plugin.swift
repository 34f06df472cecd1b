import PluginKit

/// Notes: routes, a command and a hook.
let plugin = Plugin {
    NoteRoutes.all
    PinNote.command
    NoteHook.hook
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }
