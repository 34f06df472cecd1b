internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import NIOCore
internal import Observability
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// What a route is run with, by who may call it.
extension API {
    /// Answers a request whose route is known.
    func run(
        _ mounted: MountedRoute, _ request: Hummingbird.Request, from channel: any Channel,
        parameters: [(name: String, value: String)], note: inout RequestNote
    ) async throws -> Response {
        switch mounted.route.access {
        case .visitor:
            return try await visit(mounted, request, from: channel, parameters: parameters, note: &note)
        case .hook:
            return try await receive(request, from: channel, parameters: parameters, note: &note)
        case .public, .operator:
            return try await runForAnyone(mounted, request, from: channel, parameters: parameters, note: &note)
        case .session, .permission, .customer:
            return try await runForCaller(mounted, request, from: channel, parameters: parameters, note: &note)
        }
    }

    /// Answers whoever asks, or an operator: in no tenant.
    private func runForAnyone(
        _ mounted: MountedRoute, _ request: Hummingbird.Request, from channel: any Channel,
        parameters: [(name: String, value: String)], note: inout RequestNote
    ) async throws -> Response {
        let route = mounted.route
        let requestID = note.scope.requestID
        if route.access == .public {
            try limit(request, from: channel)
            try IdempotencyHeader.requireNone(request.headers[.idempotencyKey], of: route)
        }
        let id = try await route.access == .operator ? self.operator(of: request, from: channel) : nil
        let scope = "operator \(route.path)"
        let input = try input(
            mounted, request, parameters: parameters, id: requestID, scope: scope, from: channel, operator: id)
        let wait = BodyWait()
        let body = try await body(of: route, request, from: channel)
        if id != nil, wait.isLong { _ = try await self.operator(of: request, from: channel) }
        let acting = Acting(operator: id, requestID: requestID)
        if let id, !route.isDownload {
            let claim = try claim(of: route, request, body: body)
            let answer = try await once(claim, mounted, .operator(id), requestID: requestID) {
                let reply = try await Acting.$current.withValue(acting) {
                    try await route.respond(to: input, body: body)
                }
                return Answer(reply, cursors, scope: scope)
            }
            return answer.response(to: request, requestID: requestID)
        }
        let reply = try await Acting.$current.withValue(acting) { try await route.respond(to: input, body: body) }
        if let download = reply.download {
            return try await response(download, to: request, from: channel, note: &note)
        }
        if let page = reply.scriptedPage, request.wantsPage {
            return page.response(headers: reply.headers, requestID: requestID)
        }
        return Answer(reply, cursors, scope: scope).response(to: request, requestID: requestID)
    }

    /// Answers a member, a key or a customer, in their tenant.
    private func runForCaller(
        _ mounted: MountedRoute, _ request: Hummingbird.Request, from channel: any Channel,
        parameters: [(name: String, value: String)], note: inout RequestNote
    ) async throws -> Response {
        let route = mounted.route
        let requestID = note.scope.requestID
        let caller = try await caller(of: request, from: channel)
        note.tenant = (caller.session.tenant, isTest: control.read { $0.isTest(caller.session.tenant) })
        try limit(caller)
        let reach = try requireAccess(mounted, caller)
        let scope = "\(caller.session.tenant) \(route.path)"
        let input = try input(
            mounted, request, parameters: parameters, id: requestID, scope: scope, from: channel, operator: nil)
        let wait = BodyWait()
        let body = try await body(of: route, request, from: channel)
        try requireStanding(mounted, caller, after: wait)
        let claim = try claim(of: route, request, body: body)
        if route.medium == .export {
            return try await export(mounted, input, caller, reach, from: channel, requestID: requestID)
        }
        let call = try await call(input, mounted, caller, reach, claim)
        if route.rawInput != nil {
            return try await respond(mounted, to: call, of: caller, request, from: channel, requestID: requestID)
        }
        if route.isDownload, let download = try await respond(mounted, to: call, body: body).download {
            return try await response(download, to: request, from: channel, note: &note)
        }
        let raw =
            route.takesRawBody
            ? RawRequest.body(of: request, from: channel, window: limits.body, isHashed: claim != nil) {
                [authenticator, now = Date()] in
                try authenticator.requireStanding(caller, provedAt: now)
            } : nil
        let answer = try await once(claim, mounted, .session(caller.session), requestID: requestID, raw: raw) {
            Answer(try await respond(mounted, to: call, body: body, raw: raw?.body), cursors, scope: scope)
        }
        return answer.response(to: request, requestID: requestID)
    }
}
