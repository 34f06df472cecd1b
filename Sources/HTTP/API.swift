package import Cryptography
internal import HTTPTypes
package import Hummingbird
package import Identity
package import Logging
internal import NIOCore
@_spi(Kernel) internal import PluginKit
package import Tenancy

/// Answers every request: find the route, know the caller, check the switch and the permission, validate, run, write.
package struct API: HTTPResponder {
    private let table: RouteTable
    private let authenticator: Authenticator
    private let permissions: Permissions
    private let control: ControlPlane
    private let health: Health
    private let documents: Documents
    private let cursors: CursorCodec
    private let logger: Logger

    package init(
        table: RouteTable, authenticator: Authenticator, permissions: Permissions, control: ControlPlane,
        health: Health, documents: Documents,
        cursors: CursorKey, logger: Logger
    ) {
        self.table = table
        self.authenticator = authenticator
        self.permissions = permissions
        self.control = control
        self.health = health
        self.documents = documents
        self.cursors = cursors.codec
        self.logger = logger
    }

    package func respond(to request: Hummingbird.Request, context: HTTPContext) async throws -> Response {
        let id = RequestID.make(from: request.headers[.requestID])
        let response = await answer(request, from: context.channel, id: id)
        logger.debug(
            "request",
            metadata: [
                "request_id": "\(id)", "method": "\(request.method)", "status": "\(response.status.code)",
            ])
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Hummingbird.Request, from channel: any Channel, id: String) async -> Response {
        do {
            let path = request.uri.path
            if let response = try await health.respond(to: path, method: request.method, requestID: id) {
                return response
            }
            if let response = documents.respond(to: request, requestID: id) { return response }
            switch table.match(method: request.method.rawValue, path: path) {
            case .found(let mounted, let parameters):
                return try await run(mounted, request, from: channel, parameters: parameters, id: id)
            case .methodNotAllowed(let methods):
                let problem = Problem(
                    status: 405, code: "method_not_allowed",
                    detail: "This path takes \(methods.joined(separator: ", ")).")
                return problem.response(requestID: id, allow: methods)
            case .notFound:
                throw Problem(status: 404, code: "route_not_found", detail: "There is no such path.")
            }
        } catch let problem as Problem {
            return problem.response(requestID: id)
        } catch {
            return defect(error, request, id: id)
        }
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

    private func run(
        _ mounted: MountedRoute, _ request: Hummingbird.Request, from channel: any Channel,
        parameters: [(name: String, value: String)], id: String
    ) async throws -> Response {
        let route = mounted.route
        switch route.access {
        case .public, .operator:
            if route.access == .operator { _ = try await authenticator.operator(request.bearer) }
            let scope = "operator \(route.path)"
            let input = try input(mounted, request, parameters: parameters, id: id, scope: scope)
            let body = try await body(of: route, request, from: channel)
            return write(try await route.respond(to: input, body: body), id: id, scope: scope)
        case .session, .permission:
            let (session, login) = try authenticator.session(request.bearer)
            try requireAccess(mounted, session)
            let scope = "\(session.tenant) \(route.path)"
            let input = try input(mounted, request, parameters: parameters, id: id, scope: scope)
            let body = try await body(of: route, request, from: channel)
            let mode: SessionClaims.Mode = route.method == "GET" ? .read : .write
            let call = Call(
                request: input, tenant: session.tenant, actor: session.actor, session: login,
                tx: mounted.module?.database.open(session, mode: mode) ?? .none)
            return write(try await route.respond(to: call, body: body), id: id, scope: scope)
        }
    }

    private func requireAccess(_ mounted: MountedRoute, _ session: TenantSession) throws {
        if let module = mounted.module, !module.isAlwaysOn,
            control.read({ $0.isEnabled(module.name.description, for: session.tenant) }) == false
        {
            throw Problem(status: 404, code: "module_disabled", detail: "This module is switched off.")
        }
        if case .permission(let permission) = mounted.route.access, !permissions.allows(session.actor.role, permission)
        {
            throw Problem(status: 403, code: "forbidden", detail: "This needs the permission \(permission).")
        }
    }

    private func input(
        _ mounted: MountedRoute, _ request: Hummingbird.Request, parameters: [(name: String, value: String)],
        id: String,
        scope: String
    ) throws -> PluginKit.Request {
        let query = try QueryString.parse(request.uri.query)
        let record = try mounted.route.decodeQuery(query)
        let page =
            mounted.route.isList
            ? try page(query, scope: scope) : PageRequest(limit: PageRequest.defaultLimit, after: [])
        return PluginKit.Request(id: id, parameters: parameters, query: record, page: page)
    }

    private func page(_ query: [(name: String, value: String)], scope: String) throws -> PageRequest {
        var limit = PageRequest.defaultLimit
        if let text = query.first(where: { $0.name == "limit" })?.value {
            guard let number = Int(text), (1...PageRequest.maximumLimit).contains(number) else {
                throw Problem.validation([
                    .init(
                        pointer: "?limit", code: "range", detail: "must lie between 1 and \(PageRequest.maximumLimit)")
                ])
            }
            limit = number
        }
        guard let cursor = query.first(where: { $0.name == "cursor" })?.value else {
            return PageRequest(limit: limit, after: [])
        }
        return PageRequest(limit: limit, after: try cursors.decode(cursor, scope: scope))
    }

    private func body(of route: Route, _ request: Hummingbird.Request, from channel: any Channel) async throws
        -> JSONValue
    {
        route.body == nil ? .null : try await RequestBody.json(of: request, from: channel)
    }

    private func write(_ reply: Reply, id: String, scope: String) -> Response {
        var headers = ResponseHeaders.standard(requestID: id)
        guard !reply.isEmpty else {
            headers[.contentType] = nil
            return Response(status: .init(code: reply.status), headers: headers)
        }
        let bytes = reply.encode { cursors.encode($0, scope: scope) }
        return Response(
            status: .init(code: reply.status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// The key cursors are made with.
package struct CursorKey: Sendable {
    let codec: CursorCodec

    package init(master: MasterSecret) {
        codec = CursorCodec(master: master)
    }
}

extension Hummingbird.Request {
    /// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
    fileprivate var bearer: String? {
        guard let header = headers[.authorization], header.utf8.count > 7, header.prefix(7).lowercased() == "bearer "
        else {
            return nil
        }
        return String(header.dropFirst(7))
    }
}
