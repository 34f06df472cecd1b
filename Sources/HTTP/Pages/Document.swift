internal import Cryptography
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PluginKit

/// Bytes that do not change as long as the process runs.
struct Document: Sendable {
    private let content: ByteBuffer
    private let headers: HTTPFields
    private let etag: String

    /// - Parameters:
    ///   - policy: the Content-Security-Policy.
    ///   - caching: kept but asked for each time, unless said otherwise: another version may say something else.
    ///   - others: further headers.
    init(
        _ bytes: [UInt8], type: String, policy: String, caching: String = "no-cache",
        others: [(name: HTTPField.Name, value: String)] = []
    ) {
        content = ByteBuffer(bytes: bytes)
        etag = "\"\(Hex.encode(Array(SHA256.digest(bytes).prefix(16))))\""
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.eTag] = etag
        headers[.cacheControl] = caching
        headers[.contentSecurityPolicy] = policy
        for other in others { headers[other.name] = other.value }
        self.headers = headers
    }

    /// The answer: the bytes, 304 for who has them, 405 for what is neither GET nor HEAD.
    func response(to request: Hummingbird.Request, requestID: String) -> Response {
        guard request.method == .get || request.method == .head else {
            return Problem(status: 405, code: "method_not_allowed", detail: "This path takes GET, HEAD.")
                .response(requestID: requestID, allow: ["GET", "HEAD"])
        }
        var headers = ResponseHeaders.standard(requestID: requestID)
        for field in self.headers { headers[field.name] = field.value }
        guard !isKnown(request.headers[.ifNoneMatch]) else {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: content))
    }

    /// Whether the caller has these bytes (RFC 9110 §13.1.2: the weak comparison).
    private func isKnown(_ ifNoneMatch: String?) -> Bool {
        guard let ifNoneMatch else { return false }
        return ifNoneMatch.split { $0 == "," || $0 == " " }.contains { $0 == "*" || $0 == etag || $0 == "W/\(etag)" }
    }
}
