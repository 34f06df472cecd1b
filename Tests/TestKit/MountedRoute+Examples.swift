package import HTTP
package import PluginKit

extension MountedRoute {
    /// Whether a tenant's session is needed.
    package var isForSessions: Bool {
        switch route.access {
        case .session, .permission: true
        case .operator, .public, .customer, .visitor, .hook: false
        }
    }

    /// Whether a customer's token is needed.
    package var isForCustomers: Bool { route.access == .customer }

    /// The path with an id in place of each parameter and an example for each query parameter that is required.
    ///
    /// - Parameter tenant: the slug of the tenant that is visited.
    package func examplePath(id: String, tenant: String = "") -> String {
        let segments = path.split(separator: "/").map { segment in
            segment == "{tenant}" ? tenant : segment.hasPrefix("{") ? id : String(segment)
        }
        let query = route.query.fields.filter(\.isRequired).map { "\($0.name)=\($0.example.string ?? "1")" }
            .map { $0.replacing(" ", with: "%20") }
        return "/" + segments.joined(separator: "/") + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    /// A body that is valid as far as the schema says; nil when the route takes none.
    package var exampleBody: JSONValue? {
        guard let body = route.body else { return nil }
        // Nobody has the id that the example of an assignee has.
        return .object((body.example.members ?? []).filter { $0.name != "assignee_id" })
    }
}
