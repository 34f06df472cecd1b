@_spi(Kernel) internal import PluginKit
internal import Tenancy

extension PluginRegistry {
    /// Refuses code that does what its manifest does not say.
    static func requireDeclared(_ plugin: Plugin, by manifest: Manifest) throws(PluginRefusal) {
        try requireSame("offers the commands", plugin.commands.map(\.name), manifest.commands)
        try requireSame("has the jobs", plugin.jobs.map(\.kind), manifest.jobs.map(\.kind))
        try requireSame("has the hooks", plugin.hooks.map(\.name), manifest.hooks.map(\.id))
        var shapes: Set<String> = []
        for route in plugin.routes {
            let name = "\(route.method) \(route.path)"
            guard shapes.insert("\(route.access == .visitor) \(route.method) \(route.shape)").inserted else {
                throw PluginRefusal(.conflict, "\(name) is there twice")
            }
            switch route.access {
            case .permission(let permission):
                try requireMounted(route, in: manifest.mounts, or: isCommand(route, of: plugin))
                guard manifest.permissions.contains(where: { $0.id == permission }) else {
                    throw PluginRefusal(.undeclared, "\(name) needs \(permission), which plugin.json does not declare")
                }
            case .customer: try requireMounted(route, in: manifest.mounts)
            case .visitor: try requireMounted(route, in: manifest.publicMounts)
            case .session, .operator, .public, .hook:
                throw PluginRefusal(.undeclared, "\(name) needs no permission; plugins have no such routes")
            }
        }
    }

    private static func requireSame(
        _ what: String, _ code: [String], _ declared: [String]
    ) throws(PluginRefusal) {
        guard code.sorted() != declared.sorted() else { return }
        throw PluginRefusal(
            .undeclared, "its code \(what) \(code.sorted()), and plugin.json declares \(declared.sorted())")
    }

    private static func requireMounted(
        _ route: Route, in mounts: [String], or isFree: Bool = false
    ) throws(PluginRefusal) {
        guard isFree || mounts.contains(where: { route.path == $0 || route.path.hasPrefix($0 + "/") }) else {
            throw PluginRefusal(
                .undeclared, "\(route.method) \(route.path) lies outside of the mounts in plugin.json")
        }
    }

    private static func isCommand(_ route: Route, of plugin: Plugin) -> Bool {
        plugin.commands.contains { $0.route.path == route.path && route.method == "POST" }
    }
}
