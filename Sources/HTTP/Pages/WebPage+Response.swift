internal import Cryptography
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
@_spi(Kernel) internal import PluginKit

extension WebPage {
    /// The page, or 304 for who has it.
    ///
    /// - Parameter tenant: stands in the tag, so that no cache takes one tenant's page for another's.
    func response(of tenant: TenantID, to request: Hummingbird.Request, requestID: String) -> Response {
        let bytes = Array(document.text.utf8)
        var headers = headers(requestID: requestID)
        let tag = EntityTag.make(of: tenant, bytes)
        headers[.eTag] = tag
        headers[.cacheControl] = EntityTag.publicCaching
        if EntityTag.isNamed(tag, by: request.headers[.ifNoneMatch]) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The page as the answer of a refusal, which nobody keeps.
    fileprivate func response(status: Int, requestID: String) -> Response {
        Response(
            status: .init(code: status), headers: headers(requestID: requestID),
            body: .init(byteBuffer: ByteBuffer(string: document.text)))
    }

    private func headers(requestID: String) -> HTTPFields {
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = policy
        headers[.referrerPolicy] = "no-referrer"
        headers[.crossOriginResourcePolicy] = "same-origin"
        return headers
    }

    /// Nothing but the page's own style; a form leads to this site only, and nobody frames it.
    private var policy: String {
        // A source list takes either alphabet of base64, but only with padding (CSP 3 §6.7.2).
        let styleHash = Base64URL.encode(SHA256.digest(style.description)) + "="
        return """
            default-src 'none'; style-src 'sha256-\(styleHash)'; base-uri 'none'; form-action 'self'; \
            frame-ancestors 'none'
            """
    }
}

extension Problem {
    /// The problem as a page for people.
    func page(requestID: String) -> Response {
        let title = StatusTitle.of(status)
        let page = WebPage(
            title: title, body: "<main><h1>\(title)</h1><p>\(detail)</p><p>Request \(requestID)</p></main>")
        var response = page.response(status: status, requestID: requestID)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        return response
    }
}
