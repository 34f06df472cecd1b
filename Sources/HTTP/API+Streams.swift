internal import Hummingbird
internal import Identity
internal import NIOCore
internal import Observability
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// Routes that take or answer bytes of any kind instead of JSON.
extension API {
    /// What a route answers to a session, be its body JSON or not.
    func respond(
        _ mounted: MountedRoute, to call: Call, body: JSONValue, raw: RawBody?
    ) async throws -> Reply {
        guard let raw else { return try await respond(mounted, to: call, body: body) }
        // A plugin's wall knows no deadline yet that fits a body which takes minutes.
        guard mounted.module == nil else { throw Problem.notFound }
        return try await Acting.$current.withValue(acting(call)) {
            try await mounted.route.respond(to: call, raw: raw)
        }
    }

    /// The response of a download, after the limits that it counts against.
    func response(
        _ download: Download, to request: Hummingbird.Request, from channel: any Channel, note: inout RequestNote
    ) async throws -> Response {
        if let tenant = download.tenant {
            note.tenant = (tenant, isTest: control.read { $0.isTest(tenant) })
            try limit(tenant)
        }
        return try await download.response(
            to: request, requestID: note.scope.requestID, from: channel, window: limits.idle)
    }
}
