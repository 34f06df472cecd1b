internal import AsyncHTTPClient
internal import NIOCore
package import NIOHTTP1
package import PluginKit

/// A small HTTP client for tests.
package struct TestClient: Sendable {
    /// Follows no redirect: where somebody is sent is what a test looks at.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))

    private let url: String

    /// - Parameter url: where the server listens.
    package init(_ url: String) {
        self.url = url
    }

    /// What the server answered.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        package let text: String

        /// The body as JSON; null when it is none.
        package var json: JSONValue { (try? JSONParser.parse(Array(text.utf8))) ?? .null }
        /// The stable code of a problem.
        package var code: String? { json["code"]?.string }
        /// The first value of a header; nil when it was not sent.
        package func header(_ name: String) -> String? { headers.first(name: name) }
        /// The members of the body but the request's id.
        package var withoutRequestID: [JSONValue.Member] { (json.members ?? []).filter { $0.name != "request_id" } }
    }

    /// Sends a request; `raw` goes as it is, `body` as JSON.
    package func send(
        _ method: String, _ path: String, token: String? = nil, body: JSONValue? = nil, raw: [UInt8]? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let bytes = raw ?? body?.encoded() {
            if !request.headers.contains(name: "Content-Type") {
                request.headers.add(name: "Content-Type", value: "application/json")
            }
            request.body = .bytes(ByteBuffer(bytes: bytes))
        }
        let response = try await TestClient.client.execute(request, timeout: .seconds(30))
        let buffer = try await response.body.collect(upTo: 16 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, text: String(buffer: buffer))
    }
}
