internal import HTTPTypes
package import Hummingbird
package import Observability
internal import PluginKit

/// The metrics alone, for a listener of their own that only the monitoring reaches; no token is asked for.
package struct MetricsResponder: HTTPResponder {
    private let registry: MetricRegistry

    package init(_ registry: MetricRegistry) {
        self.registry = registry
    }

    package func respond(to request: Hummingbird.Request, context: HTTPContext) async throws -> Response {
        let id = RequestID.make(from: request.headers[.requestID])
        guard request.uri.path == "/metrics" else {
            return Problem(status: 404, code: "route_not_found", detail: "Here is only /metrics.")
                .response(requestID: id)
        }
        let response = MetricsPage.answer(registry, request, requestID: id)
        return request.method == .head ? response.createHeadResponse() : response
    }
}
