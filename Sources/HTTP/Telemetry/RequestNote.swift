internal import Observability
internal import PluginKit

/// What is learnt of a request while it is answered, for its metrics, its span and its line in the access log.
struct RequestNote {
    /// The ids that everything it causes may know.
    let scope: RequestScope
    /// The caller's span, when the caller named one.
    let parent: SpanContext?
    /// The method as it was asked for.
    let method: String
    let stopwatch = Stopwatch()
    /// What counts it: the route's meter once the route is found.
    var meter: RouteMeter
    /// The tenant of a caller with a valid session, and whether it is for tests.
    var tenant: (id: TenantID, isTest: Bool)?

    var tenantClass: RouteMeter.TenantClass {
        guard let tenant else { return .none }
        return tenant.isTest ? .test : .live
    }
}
