internal import Cryptography
internal import HTTPTypes
internal import Hummingbird
package import PluginHost
internal import PluginKit

/// What plugins show people: their files below `/assets`, and for each slot a page below `/frames` that runs the slot's
/// script.
///
/// A frame has an origin of its own and may neither connect anywhere nor navigate its host: what it shows and wants, it
/// asks the page around it for by messages, and that page decides. Nothing here belongs to a tenant.
package struct PluginPages: Sendable {
    /// Paths begin with one of these.
    static let prefixes = ["/assets/", "/frames/"]

    private let documents: [String: Document]

    package init(_ registry: PluginRegistry) {
        var documents: [String: Document] = [:]
        for plugin in registry.plugins where plugin.plugin != nil {
            let root = "/assets/\(plugin.id)/\(plugin.assets.digest)"
            for file in plugin.assets.files { documents["\(root)/\(file.path)"] = PluginPages.asset(file) }
            for slot in plugin.manifest?.ui.slots ?? [] {
                guard let script = plugin.assets.files.first(where: { $0.path == slot.script }) else { continue }
                documents["/frames/\(plugin.id)/\(slot.slot)"] = PluginPages.frame(slot, script, root: root)
            }
        }
        self.documents = documents
    }

    /// The answer for a path; nil when there is no such document.
    func respond(to request: Hummingbird.Request, requestID: String) -> Response? {
        documents[request.uri.path]?.response(to: request, requestID: requestID)
    }

    private static func asset(_ file: PluginAssets.File) -> Document {
        // Frames have an opaque origin, to which every origin is another one.
        Document(
            file.bytes, type: file.type, policy: "default-src 'none'; sandbox",
            caching: "public, max-age=31536000, immutable",
            others: [(.accessControlAllowOrigin, "*"), (.crossOriginResourcePolicy, "cross-origin")])
    }

    private static func frame(
        _ slot: Manifest.SlotDeclaration, _ script: PluginAssets.File, root: String
    ) -> Document {
        let digest = Base64URL.encode(SHA256.digest(script.bytes)).replacing("-", with: "+").replacing("_", with: "/")
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>\(slot.title)</title>
            <script src="\("\(root)/\(script.path)")" integrity="\("sha256-\(digest)=")" crossorigin="anonymous" defer></script>
            </head>
            <body></body>
            </html>
            """
        return Document(
            Array(page.text.utf8), type: "text/html; charset=utf-8",
            policy: """
                default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts
                """,
            others: [(.referrerPolicy, "no-referrer")])
    }
}

extension HTTPField.Name {
    /// `Cross-Origin-Resource-Policy`; the literal is a valid token, as the type's own constants are.
    static let crossOriginResourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy") ?? .via
    /// `Referrer-Policy`.
    static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .via
}
