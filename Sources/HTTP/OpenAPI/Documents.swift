internal import Cryptography
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
package import PluginKit

/// `/openapi.json` and `/docs`, made once from the routes.
package struct Documents: Sendable {
    private let openAPI: Document
    private let page: Document

    /// - Parameter openAPI: the document that `OpenAPI` makes.
    package init(openAPI document: JSONValue) {
        // A source list takes either alphabet of base64, but only with padding (CSP 3 §6.7.2).
        let styleHash = Base64URL.encode(SHA256.digest(DocumentStyle.sheet)) + "="
        openAPI = Document(document.encoded(), type: "application/json", policy: "default-src 'none'")
        page = Document(
            Array(DocumentPage(document).html.text.utf8), type: "text/html; charset=utf-8",
            policy: """
                default-src 'none'; style-src 'sha256-\(styleHash)'; base-uri 'none'; form-action 'none'; \
                frame-ancestors 'none'
                """)
    }

    /// What is answered without a route.
    static let operations = [
        Operation(
            "/openapi.json", tag: "documents", "This document",
            answer: .content(type: "application/json", schema: ["type": "object"])),
        Operation(
            "/docs", tag: "documents", "This document as a page for people",
            answer: .content(type: "text/html", schema: ["type": "string"])),
    ]

    /// The answer for one of the two paths; nil for every other.
    func respond(to request: Hummingbird.Request, requestID: String) -> Response? {
        switch request.uri.path {
        case "/openapi.json": openAPI.response(to: request, requestID: requestID)
        case "/docs": page.response(to: request, requestID: requestID)
        default: nil
        }
    }
}

/// Bytes that do not change as long as the process runs.
private struct Document: Sendable {
    private let content: ByteBuffer
    private let headers: HTTPFields
    private let etag: String

    init(_ bytes: [UInt8], type: String, policy: String) {
        content = ByteBuffer(bytes: bytes)
        etag = "\"\(Hex.encode(Array(SHA256.digest(bytes).prefix(16))))\""
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.eTag] = etag
        // Kept, but asked for each time: another version may have other routes.
        headers[.cacheControl] = "no-cache"
        headers[.contentSecurityPolicy] = policy
        self.headers = headers
    }

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
