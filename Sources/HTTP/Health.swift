internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PluginKit
package import Postgres
package import Tenancy

/// `/healthz`: the process runs. `/readyz`: it can serve.
package struct Health: Sendable {
    private let control: ControlPlane
    private let pipeline: PipelineConnection
    /// Connections this process may open at most.
    private let connectionBudget: Int

    package init(control: ControlPlane, pipeline: PipelineConnection, connectionBudget: Int) {
        self.control = control
        self.pipeline = pipeline
        self.connectionBudget = connectionBudget
    }

    /// The two paths, as they are described.
    static let operations = [
        Operation("/healthz", tag: "health", "Whether the process runs", answer: .object(status)),
        Operation("/readyz", tag: "health", "Whether it can serve", answer: .object(status), problems: [503]),
    ]
    private static let status = Schema("Status", [Field("status", .oneOf(["ok"]), example: "ok")])

    /// The answer for one of the two paths; nil for every other.
    func respond(to path: String, method: HTTPRequest.Method, requestID: String) async throws -> Response? {
        guard path == "/healthz" || path == "/readyz" else { return nil }
        guard method == .get || method == .head else {
            return Problem(status: 405, code: "method_not_allowed", detail: "This path takes GET, HEAD.")
                .response(requestID: requestID, allow: ["GET", "HEAD"])
        }
        if path == "/readyz" { try await requireReady() }
        let body: JSONValue = ["status": "ok"]
        return Response(
            status: .ok, headers: ResponseHeaders.standard(requestID: requestID),
            body: .init(byteBuffer: ByteBuffer(bytes: body.encoded())))
    }

    private func requireReady() async throws {
        let result = try await pipeline.runForCaller(
            ["SELECT current_setting('max_connections')::int8 AS maximum"], isReplayable: true, timeout: .seconds(2))
        guard let maximum: Int = try result[0].first?.get("maximum"), connectionBudget <= maximum else {
            throw Problem(
                status: 503, code: "connection_budget",
                detail: "The server allows fewer connections than this process may open.")
        }
        guard control.isFresh else {
            throw Problem(status: 503, code: "stale", detail: "Changes were not read for some seconds.", retryAfter: 1)
        }
    }
}
