internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import NIOCore
internal import Observability
internal import PluginHost
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// Requests of visitors: in a tenant that path or host names, in nobody's name, reading what is published.
extension API {
    /// The most that all visitors of a tenant may ask of this process in a minute, unless the tenant's limit says so.
    private static let visitorRequestsPerMinute = 6000

    /// The slug of the tenant whose host a request was sent to; nil for the platform's own hosts.
    ///
    /// - Throws: `Problem` 400 `host_invalid` when it names more than one host, or another one in its target: a cache
    ///   before this server may have taken the other (RFC 9112 §3.2).
    func visitedTenant(_ request: Hummingbird.Request) throws -> String? {
        guard request.headers[.host] == nil else { throw API.hostInvalid }
        guard control.read({ $0.hasHosts }) else { return nil }
        guard let host = request.head.authority.flatMap({ PublicHost($0) }) else { return nil }
        return control.read { $0.slug(ofHost: host.description) }
    }

    /// Where the root of a tenant's host leads: to the first module that offers a home and serves this tenant. Nil for
    /// every other path, and where there is none.
    func home(
        of slug: String, _ request: Hummingbird.Request, from channel: any Channel, id: String
    ) throws -> Response? {
        guard request.uri.path == "/", request.method == .get || request.method == .head,
            let tenant = control.read({ $0.tenant(slug: slug) }), control.read({ $0.isActive(tenant) }),
            let home = homes.first(where: { (try? $0.module.requireServing(tenant, control)) != nil })
        else { return nil }
        try limit(request, from: channel)
        try limitVisitors(of: tenant)
        var headers = ResponseHeaders.standard(requestID: id)
        headers[.contentType] = nil
        // Not for good: the module may be switched off.
        headers[.location] = home.path
        return Response(status: .found, headers: headers)
    }

    private static let hostInvalid = Problem(
        status: 400, code: "host_invalid", detail: "A request names one host, and that once.")

    /// Answers a visitor.
    func visit(
        _ mounted: MountedRoute, _ request: Hummingbird.Request, from channel: any Channel,
        parameters: [(name: String, value: String)], note: inout RequestNote
    ) async throws -> Response {
        let requestID = note.scope.requestID
        do {
            try limit(request, from: channel)
            let tenant = try host(parameters)
            note.tenant = (tenant, isTest: control.read { $0.isTest(tenant) })
            guard control.read({ $0.isActive(tenant) }) else { throw Authenticator.suspended }
            try limitVisitors(of: tenant)
            guard let module = mounted.module else { throw Problem.notFound }
            try module.requireServing(tenant, control)
            let scope = "visitor \(tenant) \(mounted.route.path)"
            let input = try input(
                mounted, request, parameters: parameters, id: requestID, scope: scope, from: channel, operator: nil,
                publicRoot: try publicRoot(of: tenant, request))
            let reply = try await respond(mounted, to: call(input, module, tenant), body: .null)
            if let page = reply.page { return page.response(of: tenant, to: request, requestID: requestID) }
            return Answer(reply, cursors, scope: scope, visited: tenant).response(to: request, requestID: requestID)
        } catch let problem as Problem where mounted.route.medium == .page {
            return problem.page(requestID: requestID)
        }
    }

    private func host(_ parameters: [(name: String, value: String)]) throws -> TenantID {
        let slug = parameters.first { $0.name == PublicRoutes.tenant.name }?.value ?? ""
        guard let tenant = control.read({ $0.tenant(slug: slug) }) else { throw Problem.notFound }
        return tenant
    }

    /// What the links of a page begin with, where it is seen.
    private func publicRoot(of tenant: TenantID, _ request: Hummingbird.Request) throws -> String {
        guard try visitedTenant(request) == nil else { return "" }
        return PublicRoutes.path("", of: control.read { $0.slug(of: tenant) } ?? "")
    }

    private func limitVisitors(of tenant: TenantID) throws {
        let limit = control.read { $0.limit("visitor_requests_per_minute", of: tenant) }
        try limiter.count(.visitors(tenant.uuid), perMinute: limit ?? API.visitorRequestsPerMinute)
    }

    private func call(_ input: PluginKit.Request, _ module: MountedRoute.Module, _ tenant: TenantID) -> Call {
        let actor = Actor(kind: .visitor, id: ActorID(.first), role: "visitor")
        let session = TenantSession(verified: tenant, actor: actor)
        let settings = control.read { $0.settings(module.name.description, of: tenant) }
        return Call(
            request: input, tenant: tenant, actor: actor, session: nil, tx: module.database.open(session, mode: .read),
            services: .only(settings: module.settings.record(of: settings)))
    }
}

extension HTTPField.Name {
    /// `Host`, which is a field only when it is there twice: the first one is the request's authority.
    fileprivate static let host = HTTPField.Name("Host") ?? .via
}
