package import Events
package import Files
internal import HTTPTypes
package import Hummingbird
package import Identity
package import Logging
internal import NIOCore
internal import Observability
@_spi(Kernel) internal import PluginKit
package import Tenancy

/// Answers every request: find the route, know the caller, check the switch and the permission, validate, run, write.
package final class API: HTTPResponder {
    let table: RouteTable
    let authenticator: Authenticator
    let permissions: Permissions
    let control: ControlPlane
    private let health: Health
    private let metricsPage: MetricsPage
    private let telemetry: Telemetry
    private let documents: Documents
    private let pluginPages: PluginPages
    let cursors: CursorCodec
    let idempotency: IdempotencyKeys
    let exports: ExportLedger
    let teammates: Teammates
    /// What bounds the uploads that come again.
    let files: TenantFiles
    let events: EventStreams
    let hooks: HookDoor
    /// Where the hosts of tenants lead, by the modules that offer it.
    let homes: [(module: MountedRoute.Module, path: String)]
    let limiter = RateLimiter()
    let proofs = ProofThrottle()
    let limits: ConnectionLimits
    let proxies: TrustedProxies
    private let logger: Logger

    package init(
        table: RouteTable, authenticator: Authenticator, permissions: Permissions, control: ControlPlane,
        health: Health, documents: Documents, pluginPages: PluginPages, metricsPage: MetricsPage, telemetry: Telemetry,
        cursors: CursorKey, idempotency: IdempotencyKeys, exports: ExportLedger, teammates: Teammates,
        files: TenantFiles, events: EventStreams, hooks: HookDoor,
        homes: [(module: MountedRoute.Module, path: String)], limits: ConnectionLimits, proxies: TrustedProxies,
        logger: Logger
    ) {
        self.proxies = proxies
        self.events = events
        self.hooks = hooks
        self.homes = homes
        self.idempotency = idempotency
        self.exports = exports
        self.teammates = teammates
        self.files = files
        self.table = table
        self.authenticator = authenticator
        self.permissions = permissions
        self.control = control
        self.health = health
        self.metricsPage = metricsPage
        self.telemetry = telemetry
        self.documents = documents
        self.pluginPages = pluginPages
        self.cursors = cursors.codec
        self.limits = limits
        self.logger = logger
    }

    package func respond(to request: Hummingbird.Request, context: HTTPContext) async throws -> Response {
        var note = telemetry.begin(request)
        let response = await RequestScope.$current.withValue(note.scope) {
            await answer(request, from: context.channel, note: &note)
        }
        return telemetry.end(note, request.method == .head ? response.createHeadResponse() : response)
    }

    private func answer(
        _ request: Hummingbird.Request, from channel: any Channel, note: inout RequestNote
    ) async -> Response {
        let id = note.scope.requestID
        do {
            let visited = try visitedTenant(request)
            if let visited, let home = try home(of: visited, request, from: channel, id: id) { return home }
            let path = visited.map { PublicRoutes.path(request.uri.path, of: $0) } ?? request.uri.path
            if visited == nil, let meter = telemetry.meter(ofPage: path) {
                note.meter = meter
                if path == EventStreamPage.path { return try await stream(request, from: channel, note: &note) }
                return try await page(path, request, from: channel, id: id)
            }
            switch table.match(method: request.method.rawValue, path: path) {
            case .found(let mounted, let parameters):
                note.meter = telemetry.meter(of: mounted)
                do {
                    return try await run(mounted, request, from: channel, parameters: parameters, note: &note)
                } catch let problem as Problem where mounted.route.isForBrowsers && request.wantsPage {
                    return problem.page(requestID: id)
                }
            case .methodNotAllowed(let methods):
                let problem = Problem(
                    status: 405, code: "method_not_allowed",
                    detail: "This path takes \(methods.joined(separator: ", ")).")
                return problem.response(requestID: id, allow: methods)
            case .notFound:
                throw API.noSuchPath
            }
        } catch let problem as Problem {
            return problem.response(requestID: id)
        } catch {
            return defect(error, request, id: id)
        }
    }

    /// The answer of a page beside the API; each of them is listed in `Telemetry.pagePaths`.
    private func page(
        _ path: String, _ request: Hummingbird.Request, from channel: any Channel, id: String
    ) async throws -> Response {
        if let response = try await health.respond(to: path, method: request.method, requestID: id) { return response }
        if let response = documents.respond(to: request, requestID: id) { return response }
        if PluginPages.prefixes.contains(where: { path.hasPrefix($0) }) {
            guard let response = pluginPages.respond(to: request, requestID: id) else { throw API.noSuchPath }
            return response
        }
        return try await metricsPage.respond(
            to: request, from: channel, at: address(of: request, from: channel), proofs, requestID: id)
    }

    /// What nobody foresaw: the caller learns the request's id, the log learns the cause.
    private func defect(_ error: any Error, _ request: Hummingbird.Request, id: String) -> Response {
        if Task.isCancelled {
            return Problem(status: 503, code: "cancelled", detail: "The request was ended.").response(requestID: id)
        }
        logger.error("request failed", metadata: ["request_id": "\(id)", "error": "\(error)"])
        logger.debug("request failed", metadata: ["request_id": "\(id)", "cause": "\(String(reflecting: error))"])
        return Problem(status: 500, code: "internal", detail: "Something went wrong on our side.").response(
            requestID: id)
    }

    private static let noSuchPath = Problem(
        status: 404, code: "route_not_found", detail: "There is no such path.")

    /// Asks the switch of the module, the impersonation and the policy; answers how far the permission reaches.
    func requireAccess(_ mounted: MountedRoute, _ caller: Caller) throws -> Scope {
        try mounted.module?.requireServing(caller.session.tenant, control)
        let writes = mounted.route.method != "GET" && mounted.route.path != "/auth/logout"
        if let impersonator = caller.impersonator, !impersonator.mayWrite, writes {
            throw Problem(status: 403, code: "impersonation_read_only", detail: "This impersonation may only read.")
        }
        try requireAudience(mounted.route.access, caller)
        // The other routes for sessions are about the person's own account, and ask for themselves.
        guard case .permission(let permission) = mounted.route.access else { return .all }
        if caller.impersonator != nil, mounted.route.makesCredentials {
            throw Problem(
                status: 403, code: "impersonation_makes_no_credentials",
                detail: "Who acts in somebody's place makes nothing that would let anybody in afterwards.")
        }
        guard let scope = permissions.scope(of: permission, for: caller.grant) else {
            throw Problem(status: 403, code: "forbidden", detail: "This needs the permission \(permission).")
        }
        return scope
    }

    /// Keeps customers out of what members do, and members and keys out of what customers do.
    private func requireAudience(_ access: Route.Access, _ caller: Caller) throws(Problem) {
        switch (access == .customer, caller.session.actor.kind == .customer) {
        case (true, false):
            throw Problem(status: 403, code: "customers_only", detail: "This takes a customer's own token.")
        case (false, true):
            throw Problem(status: 403, code: "members_only", detail: "A customer's token opens nothing here.")
        default: break
        }
    }
}
