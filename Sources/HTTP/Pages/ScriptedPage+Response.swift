internal import Cryptography
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
@_spi(Kernel) internal import PluginKit

extension ScriptedPage {
    /// The page, which nobody keeps and nobody frames: its one script and its style run, and the script reaches this
    /// site only.
    ///
    /// - Parameter others: headers of the answer.
    func response(headers others: [(name: String, value: String)], requestID: String) -> Response {
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = """
            default-src 'none'; script-src '\(ContentHash.of(script))'; style-src '\(ContentHash.of(style))'; \
            connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            """
        // Its address may hold what a provider gave.
        headers[.referrerPolicy] = "no-referrer"
        headers[.crossOriginResourcePolicy] = "same-origin"
        for header in others {
            if let name = HTTPField.Name(header.name) { headers.append(HTTPField(name: name, value: header.value)) }
        }
        return Response(
            status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: document.text)))
    }
}

/// What a policy calls an inline script or style by (CSP 3 §6.7.2).
enum ContentHash {
    /// A source list takes either alphabet of base64, but only with padding.
    static func of(_ text: StaticString) -> String {
        "sha256-\(Base64URL.encode(SHA256.digest(text.description)))="
    }
}

extension Hummingbird.Request {
    /// Whether a person's browser asks, and not a program: it names pages and not JSON (RFC 9110 §12.5.1).
    var wantsPage: Bool {
        let ranges = headers[values: .accept].joined(separator: ",").lowercased().split(separator: ",").map { range in
            (range.split(separator: ";").first ?? "").filter { $0 != " " && $0 != "\t" }
        }
        return ranges.contains("text/html") && !ranges.contains("application/json")
    }
}
