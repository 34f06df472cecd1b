@_spi(Kernel) import PluginKit

@testable import HTTP

/// Routes that do nothing, for tables.
enum SampleRoute: Payload {
    static let schema = Schema("Sample", [])

    /// A route of the kernel at `/v1` and `path`.
    static func mounted(_ method: String, _ path: String) -> MountedRoute {
        let route = Route.request(method, path, .public, returns: SampleRoute.self, "Nothing") { _ in
            try Resource<SampleRoute>([:])
        }
        return MountedRoute(route, module: nil)
    }
}
