internal import PluginKit

/// The inbox: customers, conversations and messages.
let plugin = Plugin {
    CustomerLookup.external
    PortalRoutes.all
    CustomerTokenRoutes.all
    CustomerRoutes.all
    ConversationRoutes.all
    MessageRoutes.all
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }
