internal import HTTPTypes
internal import Hummingbird
package import Identity
internal import NIOCore
package import Observability
internal import PluginKit

/// `GET /metrics`: every metric of the process, in Prometheus' text format.
///
/// Numbers of all tenants together are the operator's: an operator's token is asked for, unless the operator lets
/// loopback in. A reverse proxy on the same machine makes everybody loopback, so whoever comes through one is asked
/// for the token even then.
package struct MetricsPage: Sendable {
    private let registry: MetricRegistry
    private let authenticator: Authenticator
    private let letsLoopbackIn: Bool

    /// - Parameter letsLoopbackIn: whether a client of the same machine needs no token.
    package init(_ registry: MetricRegistry, authenticator: Authenticator, letsLoopbackIn: Bool = false) {
        self.registry = registry
        self.authenticator = authenticator
        self.letsLoopbackIn = letsLoopbackIn
    }

    /// The answer for `/metrics`.
    ///
    /// - Parameters:
    ///   - address: whom the request is from.
    ///   - proofs: counts tokens that open nothing.
    /// - Throws: `Problem` 401 `unauthenticated`, 429 `rate_limited`.
    func respond(
        to request: Hummingbird.Request, from channel: any Channel, at address: String?, _ proofs: ProofThrottle,
        requestID: String
    ) async throws -> Response {
        if !letsLoopbackIn || !MetricsPage.isLocal(request, channel) {
            let token = request.bearer
            _ = try await proofs.checked(token, as: .operatorToken, from: address) {
                try await authenticator.operator(token)
            }
        }
        return MetricsPage.answer(registry, request, requestID: requestID)
    }

    /// The metrics, to whoever may have them.
    static func answer(_ registry: MetricRegistry, _ request: Hummingbird.Request, requestID: String) -> Response {
        guard request.method == .get || request.method == .head else {
            return Problem(status: 405, code: "method_not_allowed", detail: "This path takes GET, HEAD.")
                .response(requestID: requestID, allow: ["GET", "HEAD"])
        }
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = MetricRegistry.mediaType
        return Response(
            status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: registry.exposition())))
    }

    private static func isLocal(_ request: Hummingbird.Request, _ channel: any Channel) -> Bool {
        let isForwarded = ["Forwarded", "X-Forwarded-For", "Via"].contains { name in
            HTTPField.Name(name).map { request.headers.contains($0) } ?? false
        }
        guard !isForwarded, let address = channel.remoteAddress?.ipAddress else { return false }
        return address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
    }
}
