internal import PluginKit

/// Finds the route of a method and a path, as a pure value.
package struct RouteTable: Sendable {
    /// What a path leads to.
    package enum Match: Sendable {
        case found(MountedRoute, parameters: [(name: String, value: String)])
        /// The path exists, but not with this method; these exist.
        case methodNotAllowed([String])
        case notFound
    }

    /// A segment of a path: fixed words lead to children, anything else to the parameter.
    private struct Node: Sendable {
        var children: [String: Int] = [:]
        var parameter: (name: String, node: Int)?
        var routes: [String: MountedRoute] = [:]
    }

    private var nodes = [Node()]

    /// Every route, in the order given.
    package let routes: [MountedRoute]

    /// - Throws: `RouteConflict` when two routes have the same method and path.
    package init(_ routes: [MountedRoute]) throws(RouteConflict) {
        self.routes = routes.enumerated().map { position, mounted in
            var mounted = mounted
            mounted.position = position
            return mounted
        }
        for mounted in self.routes { try insert(mounted) }
    }

    private mutating func insert(_ mounted: MountedRoute) throws(RouteConflict) {
        var node = 0
        for segment in mounted.path.split(separator: "/") {
            node =
                segment.hasPrefix("{")
                ? parameterNode(String(segment.dropFirst().dropLast()), of: node) : child(String(segment), of: node)
        }
        guard nodes[node].routes.updateValue(mounted, forKey: mounted.route.method) == nil else {
            throw RouteConflict(method: mounted.route.method, path: mounted.path)
        }
    }

    private mutating func child(_ word: String, of node: Int) -> Int {
        if let child = nodes[node].children[word] { return child }
        nodes.append(Node())
        nodes[node].children[word] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func parameterNode(_ name: String, of node: Int) -> Int {
        if let parameter = nodes[node].parameter { return parameter.node }
        nodes.append(Node())
        nodes[node].parameter = (name, nodes.count - 1)
        return nodes.count - 1
    }

    /// The route of a request; HEAD is served by GET.
    package func match(method: String, path: String) -> Match {
        var node = 0
        var parameters: [(name: String, value: String)] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: true) {
            if let child = nodes[node].children[String(segment)] {
                node = child
            } else if let parameter = nodes[node].parameter, let value = PercentEncoding.decode(segment) {
                parameters.append((parameter.name, value))
                node = parameter.node
            } else {
                return .notFound
            }
        }
        let routes = nodes[node].routes
        if let mounted = routes[method == "HEAD" ? "GET" : method] { return .found(mounted, parameters: parameters) }
        guard !routes.isEmpty else { return .notFound }
        return .methodNotAllowed((Array(routes.keys) + (routes["GET"] == nil ? [] : ["HEAD"])).sorted())
    }
}

/// Two routes with the same method and path.
package struct RouteConflict: Error, CustomStringConvertible {
    let method: String
    let path: String

    package var description: String { "two routes are \(method) \(path)" }
}
