/// A module's code: what it registers with the kernel.
///
/// ```swift
/// public let plugin = Plugin {
///     ItemRoutes.all
/// }
///
/// @c(romashka_plugin)
/// public func entry() -> UnsafeMutableRawPointer { plugin.entry }
/// ```
/// Everything that can be known without running code (id, permissions, tables, …) stands in `plugin.json`.
public final class Plugin: Sendable {
    /// The routes, in no particular order.
    public let routes: [Route]

    /// Collects what the module registers.
    public init(@PluginBuilder _ parts: () -> [Route]) {
        routes = parts()
    }

    /// What the C entry point `romashka_plugin` returns: the plugin itself, which lives as long as the process.
    public var entry: UnsafeMutableRawPointer {
        Unmanaged.passRetained(self).toOpaque()
    }

    /// The plugin behind a pointer that `romashka_plugin` returned.
    @_spi(Kernel)
    public static func at(_ entry: UnsafeMutableRawPointer) -> Plugin {
        Unmanaged<Plugin>.fromOpaque(entry).takeUnretainedValue()
    }
}

/// Lets a plugin list its routes one by one or as arrays.
@resultBuilder
public enum PluginBuilder {
    /// One route.
    public static func buildExpression(_ route: Route) -> [Route] { [route] }
    /// Several routes.
    public static func buildExpression(_ routes: [Route]) -> [Route] { routes }
    /// All parts in order.
    public static func buildBlock(_ parts: [Route]...) -> [Route] { parts.flatMap { $0 } }
}
