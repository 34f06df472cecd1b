internal import PluginKit

/// The knowledge base: articles and search.
let plugin = Plugin {
    ItemRoutes.all
    SuggestionRoutes.all
    SuggestionRoutes.jobs
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }
