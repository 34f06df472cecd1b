internal import PluginKit

/// The knowledge base: articles, search, and a help centre for everybody.
let plugin = Plugin {
    ItemRoutes.all
    HelpRoutes.all
    HelpPages.all
    SuggestionRoutes.all
    SuggestionRoutes.jobs
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }
