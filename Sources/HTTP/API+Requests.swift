internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// What is read of a request before its handler sees it.
extension API {
    /// What a handler sees of the request.
    func input(
        _ mounted: MountedRoute, _ request: Hummingbird.Request, parameters: [(name: String, value: String)],
        id: String, scope: String, from channel: any Channel, operator operatorID: UUID?,
        publicRoot: String = ""
    ) throws -> PluginKit.Request {
        let query = try QueryString.parse(request.uri.query)
        let record = try mounted.route.decodeQuery(query)
        let page =
            mounted.route.isList
            ? try page(query, scope: scope) : PageRequest(limit: PageRequest.defaultLimit, after: [])
        return PluginKit.Request(
            id: id, parameters: parameters, query: record, page: page,
            client: .init(address: address(of: request, from: channel), userAgent: request.headers[.userAgent]),
            operatorID: operatorID,
            expectedVersions: try EntityTag.expectedVersions(request.headers[.ifMatch], mounted.route),
            cookies: mounted.route.isForBrowsers ? request.headers[.cookie] : nil, publicRoot: publicRoot)
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

    /// The body of a route that reads JSON; null for every other.
    func body(of route: Route, _ request: Hummingbird.Request, from channel: any Channel) async throws
        -> JSONValue
    {
        route.body == nil ? .null : try await RequestBody.json(of: request, from: channel, within: limits.body)
    }

    /// The claim of a request that has a key.
    func claim(
        of route: Route, _ request: Hummingbird.Request, body: JSONValue
    ) throws -> IdempotencyClaim? {
        let key = request.headers[.idempotencyKey]
        try IdempotencyHeader.requireNone(key, of: route)
        // A raw body is not there yet; it counts when it is.
        return try IdempotencyHeader.claim(
            key, of: route, path: request.uri.string, body: body, idempotency.fingerprints)
    }
}
