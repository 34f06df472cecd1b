internal import Cryptography
internal import Hummingbird
package import PluginKit
internal import Synchronization

/// `/openapi.json` and `/docs`, made once from the routes: when somebody asks, so that a process starts the sooner.
package final class Documents: Sendable {
    private struct Pages {
        let openAPI: Document
        let page: Document
    }

    private let document: @Sendable () -> JSONValue
    private let pages = Mutex<Pages?>(nil)

    /// - Parameter document: makes the document, by `OpenAPI`.
    package init(_ document: @escaping @Sendable () -> JSONValue) {
        self.document = document
    }

    /// What is answered without a route.
    static let operations = [
        Operation(
            "/openapi.json", tag: "documents", "This document",
            answer: .content(type: "application/json", schema: ["type": "object"]), headers: [.ifNoneMatch]),
        Operation(
            "/docs", tag: "documents", "This document as a page for people",
            answer: .content(type: "text/html", schema: ["type": "string"]), headers: [.ifNoneMatch]),
    ]

    /// The answer for one of the two paths; nil for every other.
    func respond(to request: Hummingbird.Request, requestID: String) -> Response? {
        switch request.uri.path {
        case "/openapi.json": made().openAPI.response(to: request, requestID: requestID)
        case "/docs": made().page.response(to: request, requestID: requestID)
        default: nil
        }
    }

    private func made() -> Pages {
        pages.withLock { pages in
            if let pages { return pages }
            let made = Documents.pages(of: document())
            pages = made
            return made
        }
    }

    private static func pages(of document: JSONValue) -> Pages {
        // A source list takes either alphabet of base64, but only with padding (CSP 3 §6.7.2).
        let styleHash = Base64URL.encode(SHA256.digest(DocumentStyle.sheet)) + "="
        return Pages(
            openAPI: Document(document.encoded(), type: "application/json", policy: "default-src 'none'"),
            page: Document(
                Array(DocumentPage(document).html.text.utf8), type: "text/html; charset=utf-8",
                policy: """
                    default-src 'none'; style-src 'sha256-\(styleHash)'; base-uri 'none'; form-action 'none'; \
                    frame-ancestors 'none'
                    """))
    }
}
